import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFacts } from './facts.testkit.ts';
import type { Rule } from './rule.ts';
import { compileRule } from './rule.ts';
import { createTable } from './table.ts';

function ruleOf(source: string): Rule {
  const compiled = compileRule(source);
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ message }) => message).join());
  return compiled.rule;
}

type Router = readonly [name: string, rule: string, priority?: number];

/** The name of the router that takes a request. */
function route(
  routers: readonly Router[],
  facts: Parameters<typeof createFacts>[0] = {},
): string | undefined {
  const entries = routers.map(([name, source, priority]) => ({
    name,
    rule: ruleOf(source),
    priority,
    route: name,
  }));
  const [found, again] = [entries, [...entries].reverse()].map((list) =>
    createTable(list).match(createFacts(facts)),
  );
  expect(again).toBe(found);
  return found;
}

describe('of the routers that match, a request goes to', () => {
  it.each<[what: string, expected: string | undefined, routers: readonly Router[]]>([
    ['the one with the longest rule', 'long', [['short', 'Path(`/`)'], ['long', 'PathPrefix(`/`)']]],
    ['the one with the highest priority', 'short', [['short', 'Path(`/`)', 100], ['long', 'PathPrefix(`/`)']]],
    ['a default priority rather than a lower one', 'b', [['a', 'PathPrefix(`/`)', 8], ['b', 'Path(`/`)']]],
    ['its rule’s length for a priority of 0', 'b', [['a', 'Path(`/`)', 0], ['b', 'PathPrefix(`/`)', 0]]],
    ['any other rather than one below 0', 'b', [['a', 'PathPrefix(`/`)', -1], ['b', 'Path(`/`)', 1]]],
    ['the lower name in a tie', 'A', [['b', 'Path(`/`)'], ['a', 'Path(`/`)'], ['A', 'Path(`/`)']]],
    ['the lower name in a tie between host and any host', 'a', [['b', 'Host(`example.com`)', 5], ['a', 'Path(`/`)', 5]]],
    ['the priority whatever the host', 'any', [['host', 'Host(`example.com`)'], ['any', 'Path(`/`)', 1000]]],
    ['the next one when the first does not match', 'b', [['a', 'Host(`example.com`) && Path(`/x`)'], ['b', 'Path(`/`)']]],
    ['none when none matches', undefined, [['a', 'Host(`example.org`)'], ['b', 'Path(`/x`)']]],
    ['*. rather than **.', 'one', [['any', 'Host(`**.com`)'], ['one', 'Host(`*.com`)']]],
  ])('%s', (_what, expected, routers) => {
    expect(route(routers)).toBe(expected);
  }); // prettier-ignore
});

describe('the default priority', () => {
  it.each([
    ['Path(`/`)', 9],
    ['Path(`/é`)', 11],
    [' Path(`/`) ', 11],
    ['Host(`**.a`)', 10],
    ['!Host(`**.a`)', 13],
    ['!!Host(`**.a`) || HOST(`**.b`)', 26],
    ['HostRegexp(`[*][*].a`)', 22],
  ])('of %s is %s: its bytes, without the stars of **.', (source, expected) => {
    expect(ruleOf(source).defaultPriority).toBe(expected);
  });
});

describe('the hosts of a rule', () => {
  it.each<[string, string[] | undefined]>([
    ['Host(`a`)', ['a']],
    ['HOST(`A.`)', ['a']],
    ['Host(`*.a`)', undefined],
    ['Path(`/`)', undefined],
    ['Host(`a`) && Path(`/`)', ['a']],
    ['Host(`a`) || Path(`/`)', undefined],
    ['Host(`a`) || Host(`b`)', ['a', 'b']],
    ['Host(`a`) && Host(`b`)', []],
    ['(Host(`a`) || Host(`b`)) && (Host(`b`) || Host(`c`))', ['b']],
    ['!Host(`a`)', undefined],
    ['!!Host(`a`)', ['a']],
    ['!(!Host(`a`) || Path(`/x`))', ['a']],
    ['!(!Host(`a`) && !Host(`b`))', ['a', 'b']],
    ['!(Host(`a`) && Path(`/`))', undefined],
  ])('%s: %j', (source, expected) => {
    const { hosts } = ruleOf(source);
    expect(hosts && [...hosts].sort()).toEqual(expected);
  });

  it('never leave out a host that matches', () => {
    const { rule } = fc.letrec<{ rule: string }>((tie) => ({
      rule: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom('Host(`a`)', 'Host(`B`)', 'Host(`c.`)', 'Host(`*.d`)', 'Path(`/`)', 'Path(`/x`)'),
        tie('rule').map((inner) => `!(${inner})`),
        fc.array(tie('rule'), { minLength: 2, maxLength: 3 }).map((all) => `(${all.join(' && ')})`),
        fc.array(tie('rule'), { minLength: 2, maxLength: 3 }).map((all) => `(${all.join(' || ')})`),
      ),
    }));
    fc.assert(
      fc.property(rule, fc.constantFrom('a', 'b', 'c', 'x.d', ''), (source, host) => {
        const { evaluate, hosts } = ruleOf(source);
        const matched = evaluate({ facts: createFacts({ host }), path: '/' });
        if (matched && hosts !== undefined) expect([...hosts]).toContain(host);
        expect(route([['r', source]], { host })).toBe(matched ? 'r' : undefined);
      }),
      { numRuns: 500 },
    );
  });
});

describe('10,000 routers over 1,000 hosts', () => {
  it('cost a request the rules for its own host and those for any', () => {
    let evaluated: string[] = [];
    const entries = Array.from({ length: 10_000 }, (_, index) => {
      const name = `r${String(index)}`;
      const host = index < 20 ? '' : `Host(\`h${String(index % 1000)}\`) && `;
      const rule = ruleOf(`${host}Path(\`/${name}\`)`);
      const evaluate: Rule['evaluate'] = (context) => {
        evaluated.push(name);
        return rule.evaluate(context);
      };
      return { name, rule: { ...rule, evaluate }, priority: undefined, route: name };
    });
    const table = createTable(entries);
    const ask = (host: string, target: string): readonly [string | undefined, number] => {
      evaluated = [];
      const found = table.match(createFacts({ host, target }));
      expect(new Set(evaluated).size).toBe(evaluated.length);
      return [found, evaluated.length];
    };
    expect(ask('h500', '/nowhere')).toEqual([undefined, 10 + 20]);
    expect(ask('nowhere', '/nowhere')).toEqual([undefined, 20]);
    expect(ask('h500', '/r9500')).toEqual(['r9500', expect.any(Number)]);
    expect(evaluated.length).toBeLessThanOrEqual(10);
    expect(ask('h500', '/r7')[0]).toBe('r7');
    // A path that no server should act on is compared with nothing.
    expect(ask('h500', '/%zz')).toEqual([undefined, 0]);
  });
});
