import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createContext } from './facts.testkit.ts';
import type { Rule } from './rule.ts';
import { compileRule } from './rule.ts';
import { createTable } from './table.ts';

function ruleOf(source: string): Rule {
  const compiled = compileRule(source);
  if (!compiled.ok) throw new Error(compiled.diagnostics.map(({ message }) => message).join());
  return compiled.rule;
}

type RouterCase = readonly [name: string, rule: string, priority?: number];

/** The name of the router that serves a request. */
function route(
  routers: readonly RouterCase[],
  facts: Parameters<typeof createContext>[0] = {},
): string | undefined {
  const entries = routers.map(([name, source, priority]) => ({
    name,
    rule: ruleOf(source),
    priority,
    route: name,
  }));
  const [found, again] = [entries, [...entries].reverse()].map((list) =>
    createTable(list).match(createContext(facts)),
  );
  expect(again).toBe(found);
  return found;
}

describe('among matching routers, a request goes to', () => {
  it.each<[what: string, expected: string | undefined, routers: readonly RouterCase[]]>([
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

  it('never exclude a host that matches', () => {
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
        const matched = evaluate(createContext({ host }));
        expect(matched && hosts?.has(host) === false).toBe(false);
        expect(route([['r', source]], { host })).toBe(matched ? 'r' : undefined);
      }),
      { numRuns: 500 },
    );
  });
});

describe('with many routers,', () => {
  it('a request reaches the same one as when all rules are evaluated in turn', () => {
    const path = fc.array(fc.constantFrom('a', 'b', 'ab', '/'), { maxLength: 4 }).map((parts) => `/${parts.join('')}`);
    const { rule } = fc.letrec<{ rule: string }>((tie) => ({
      rule: fc.oneof(
        { maxDepth: 3 },
        path.map((text) => `Path(\`${text}\`)`),
        path.map((text) => `PathPrefix(\`${text}\`)`),
        fc.constantFrom('Host(`a`)', 'Host(`b`)', 'PathRegexp(`b$`)', 'Method(`GET`)', 'Method(`PUT`)'),
        tie('rule').map((inner) => `!(${inner})`),
        fc.array(tie('rule'), { minLength: 2, maxLength: 3 }).map((all) => `(${all.join(' && ')})`),
        fc.array(tie('rule'), { minLength: 2, maxLength: 3 }).map((all) => `(${all.join(' || ')})`),
      ),
    }));
    const router = fc.tuple(rule, fc.option(fc.integer({ min: -2, max: 5 }), { nil: undefined }));
    fc.assert(
      fc.property(
        fc.array(router, { minLength: 12, maxLength: 40 }),
        fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), path), { minLength: 8, maxLength: 8 }),
        (routers, requests) => {
          const entries = routers.map(([source, priority], index) => {
            const name = `r${String(index).padStart(2, '0')}`;
            return { name, rule: ruleOf(source), priority, route: name };
          });
          const rank = (entry: (typeof entries)[number]): number => entry.priority || entry.rule.defaultPriority;
          const inTurn = [...entries].sort((x, y) => rank(y) - rank(x) || (x.name < y.name ? -1 : 1));
          const table = createTable(entries);
          for (const [host, target] of requests) {
            const context = createContext({ host, target });
            const expected = inTurn.find((entry) => entry.rule.evaluate(context))?.name;
            expect(table.match(context)).toBe(expected);
          }
        },
      ),
      { numRuns: 300 },
    );
  }); // prettier-ignore
});

describe('10,000 routers', () => {
  /** A table that counts which rules a request is compared with. */
  function count(sources: readonly string[]) {
    let evaluated: string[] = [];
    const entries = sources.map((source, index) => {
      const name = `r${String(index)}`;
      const rule = ruleOf(source);
      const evaluate: Rule['evaluate'] = (context) => {
        evaluated.push(name);
        return rule.evaluate(context);
      };
      return { name, rule: { ...rule, evaluate }, priority: undefined, route: name };
    });
    const table = createTable(entries);
    return (host: string, target: string): readonly [string | undefined, number] => {
      evaluated = [];
      const found = table.match(createContext({ host, target }));
      expect(new Set(evaluated).size).toBe(evaluated.length);
      return [found, evaluated.length];
    };
  }
  const all = Array.from({ length: 10_000 }, (_, index) => index);

  it('over 1,000 hosts cost a request only the rules for its own host and path, and those for any', () => {
    const ask = count(
      all.map((index) => {
        const host = index < 20 ? '' : `Host(\`h${String(index % 1000)}\`) && `;
        return `${host}${index % 2 === 0 ? 'Path' : 'PathPrefix'}(\`/r${String(index)}\`)`;
      }),
    );
    expect(ask('h500', '/nowhere')).toEqual([undefined, 0]);
    expect(ask('nowhere', '/nowhere')).toEqual([undefined, 0]);
    expect(ask('h500', '/r9500')).toEqual(['r9500', 1]);
    expect(ask('h501', '/r9501/below')).toEqual(['r9501', expect.any(Number)]);
    expect(ask('h500', '/r7')).toEqual(['r7', 1]);
  });

  it('on one host cost a request only the rules for its own path', () => {
    const ask = count([
      ...all.map((index) => `Host(\`h\`) && Path${index % 2 === 0 ? '' : 'Prefix'}(\`/r${String(index)}\`)`),
      'Host(`h`) && Method(`PUT`)',
      'PathPrefix(`/`)',
    ]);
    // Compared with the longer rule for any path as well.
    expect(ask('h', '/r0')).toEqual(['r0', 2]);
    // The prefixes /r9, /r99, /r999 and /r9999 and the rule for any path of the host, then the one for any host.
    expect(ask('h', '/r9999/below')).toEqual(['r9999', expect.any(Number)]);
    expect(ask('h', '/r9999/below')[1]).toBeLessThanOrEqual(6);
    expect(ask('h', '/nowhere')).toEqual(['r10001', 2]);
  }); // prettier-ignore
});

describe('expressions that take too many steps', () => {
  const costly = 'Q.{0,900}x.{0,900}Z';
  const target = `/${'Qx'.repeat(7000)}`;
  it.each([
    [`PathRegexp(\`${costly}\`)`, 'PathPrefix(`/`)'],
    [`!PathRegexp(\`${costly}\`)`, 'Path(`/none`)'],
    [`QueryRegexp(\`q\`, \`${costly}\`)`, 'PathPrefix(`/`)'],
    [`HeaderRegexp(\`X-A\`, \`${costly}\`) || PathPrefix(\`/\`)`, 'Path(`/none`)'],
    [`HostRegexp(\`${costly}\`) || !HostRegexp(\`a\`)`, 'PathPrefix(`/`)'],
  ])('open no route: %s, %s', (first, second) => {
    const table = createTable([
      { name: 'a', rule: ruleOf(first), priority: 2, route: 'a' },
      { name: 'b', rule: ruleOf(second), priority: 1, route: 'b' },
    ]);
    const long = { host: target, target: `${target}?q=${target}`, rawHeaders: ['x-a', target] };
    const context = createContext(long);
    expect(table.match(context)).toBeUndefined();
    expect(context.exhausted).toBe(true);
    expect(table.match(createContext({ host: 'b', target: '/?q=' }))).toBeDefined();
  });

  it('count together, whichever rules they belong to', () => {
    const rules = Array.from({ length: 50 }, (_, index) =>
      ruleOf(`PathRegexp(\`^/(.{0,30}x){3}.{${index}}Z\`)`),
    );
    const table = createTable(
      rules.map((rule, index) => ({ name: `r${index}`, rule, priority: undefined, route: index })),
    );
    const context = createContext({ target: `/${'axbx'.repeat(3500)}` });
    expect(table.match(context)).toBeUndefined();
    expect(context.stepsLeft).toBeGreaterThan(-20_000);
  });
});

it('10,000 expressions for one host are not too many for a first request', () => {
  const entries = Array.from({ length: 10_000 }, (_, index) => ({
    name: `r${index}`,
    rule: ruleOf(`PathRegexp(\`/r${index}/[a-z0-9-]+$\`)`),
    priority: undefined,
    route: index,
  }));
  const context = createContext({ target: `/api/v1/customers/1234567/orders/98765/r9999/items-of-it` });
  expect(createTable(entries).match(context)).toBe(9999);
});

describe('a table that changes', () => {
  it('matches like a new table, and the previous table stays as it was', () => {
    const sources = ['Host(`a`)', 'Host(`a`) || Host(`b`)', 'Host(`b`) && Path(`/x`)', 'PathPrefix(`/`)', 'Path(`/x`)', 'Host(`a`) && Host(`b`)'];
    const step = fc.array(fc.tuple(fc.integer({ min: 0, max: 24 }), fc.constantFrom(...sources), fc.integer({ min: 0, max: 2 })), { maxLength: 12 });
    const facts = ['a', 'b', 'c'].flatMap((host) => ['/', '/x'].map((target) => createContext({ host, target })));
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        type DrawnEntry = Parameters<typeof createTable<string>>[0][number];
        const entries = new Map<number, DrawnEntry>();
        let table = createTable<string>([]);
        const older: (() => void)[] = [];
        for (const [version, changes] of steps.entries()) {
          const before = new Set(entries.values());
          for (const [index, source, priority] of changes) {
            if (priority === 2 && entries.delete(index)) continue;
            const name = `r${index}`;
            entries.set(index, { name, rule: ruleOf(source), priority, route: `${name} of ${version}` });
          }
          const now = new Set(entries.values());
          table = table.change({
            removed: [...before].filter((entry) => !now.has(entry)),
            added: [...now].filter((entry) => !before.has(entry)),
          });
          const anew = createTable([...now]);
          const expected = facts.map((one) => anew.match(one));
          const current = table;
          older.push(() => expect(facts.map((one) => current.match(one))).toEqual(expected));
        }
        for (const check of older) check();
      }),
      { numRuns: 300 },
    );
  }); // prettier-ignore
});
