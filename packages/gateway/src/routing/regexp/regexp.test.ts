import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileRegexp } from './compile.ts';
import { parseRegexp } from './parse.ts';
import { compileProgram, maxInstructions } from './program.ts';
import { createRun } from './run.ts';
import { trimEnds } from './trim.ts';

function test(source: string, text: string): boolean {
  const compiled = compileRegexp(source);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.test(text, { stepsLeft: 1e9 });
}

/** Results of the `regexp` package of Go 1.26: for each expression one digit per text, null if Go rejects it. */
const go = JSON.parse(readFileSync(new URL('testdata/go.json', import.meta.url), 'utf8')) as {
  readonly texts: readonly string[];
  readonly expressions: Readonly<Record<string, string | null>>;
};

describe('a regular expression', () => {
  it('is accepted, and matches, as in Go', () => {
    const answers = Object.keys(go.expressions).map((source) => {
      const compiled = compileRegexp(source);
      return [
        source,
        compiled.ok
          ? go.texts.map((text) => (compiled.test(text, { stepsLeft: 1e9 }) ? '1' : '0')).join('')
          : null,
      ];
    });
    expect(answers.length).toBeGreaterThan(250);
    expect(Object.fromEntries(answers)).toEqual(go.expressions);
  });

  it.each([
    ['a(?i)*$', 'aaa'],
    ['^a\\Q\\E+$', 'aaa'],
  ])('repeats in %s the part before something empty', (source, text) => {
    expect(test(source, text)).toBe(true);
  });

  it.each([
    ['(?P<é>a)', 'invalid group name'],
    ['(?=a)', 'look-around'],
    ['\\1', 'backreference'],
    ['a**', '* follows another repetition'],
    ['a{2,1}', 'invalid repetition {2,1}'],
    ['a{1001}', 'invalid repetition {1001}'],
    ['((a{100}){100}){100}', 'too large'],
    ['('.repeat(300), 'nested deeper than 250'],
    ['[b-a]', 'is reversed'],
    ['\\', 'trailing backslash'],
  ])('%j is rejected: %s', (source, words) => {
    const compiled = compileRegexp(source);
    expect(compiled.ok ? 'accepted' : compiled.message).toContain(words);
  });
});

describe('a regular expression on which Go and JavaScript agree', () => {
  const atoms = fc.constantFrom(
    'a', 'b', '1', '_', 'é', '.', '[ab]', '[^a]', '[a-c1]', '\\d', '\\D', '\\w', '\\W', '\\n', '\\.', '\\x61', '[\\d_]',
  ); // prettier-ignore
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      atoms,
      fc.constantFrom('^', '$', '\\b', '\\B', ''),
      fc.array(tie('tree'), { minLength: 2, maxLength: 3 }).map((items) => `(${items.join('|')})`),
      fc.array(tie('tree'), { minLength: 2, maxLength: 4 }).map((items) => items.join('')),
      fc
        .tuple(tie('tree'), fc.constantFrom('*', '+', '?', '*?', '{2}', '{1,}', '{0,2}'))
        .map(([item, repeat]) => `(?:${item})${repeat}`),
    ),
  }));
  const text = fc
    .array(fc.constantFrom('a', 'b', 'c', '1', '_', '.', 'é', '\n', ' '), { maxLength: 8 })
    .map((chars) => chars.join(''));

  it('has the same meaning here', () => {
    fc.assert(
      fc.property(tree, fc.array(text, { minLength: 1, maxLength: 6 }), (source, texts) => {
        for (const one of texts) expect(test(source, one)).toBe(new RegExp(source, 'u').test(one));
      }),
      { numRuns: 1000 },
    );
  });
});

describe('the work of a match', () => {
  /** Steps for a text that is compared for the first time. */
  function countSteps(source: string, text: string): number {
    const program = compileProgram(trimEnds(parseRegexp(source).syntax), false);
    expect(program.length).toBeLessThan(maxInstructions);
    const work = { stepsLeft: 1e9 };
    createRun(program)(text, work);
    return 1e9 - work.stepsLeft;
  }

  it.each([
    '(a*)*b',
    '(a|aa)+$',
    '^(a|a)*$',
    '(.*)*(.*)*x',
    '(?:a?){30}a{30}b',
    '(a+)+(a+)+c$',
    '([a-z]+)*[0-9]',
    'x(a|b)*a(a|b){20}$',
  ])('on %s grows with the text, not beyond', (source) => {
    const [some, more] = [1000, 10_000].map((length) => countSteps(source, `${'a'.repeat(length)}!`));
    expect(some).toBeGreaterThan(0);
    expect(more).toBeLessThan(11 * some!);
  });

  it('ends with the first character that an anchored expression rejects', () => {
    expect(countSteps('^/api/', `/x${'a'.repeat(10_000)}`)).toBeLessThan(5);
  });

  it.each(['.{0,1000}Q$', '.{0,1000}Q.*', '(?:.*|a{2,700})Q(.{0,30}|b+)*', '(.{0,1000}){3}Q$', '.*.*.*Q'])(
    'is not spent on the ends of %s, which change nothing',
    (source) => {
      expect(countSteps(source, `/${'a'.repeat(15_000)}`)).toBeLessThan(2000);
    },
  );

  it('takes a sixteenth of a step per character once similar texts have been seen', () => {
    const compiled = compileRegexp('^/orders/[a-z0-9-]+/items/[0-9]+$');
    if (!compiled.ok) throw new Error(compiled.message);
    const count = (text: string): number => {
      const work = { stepsLeft: 1e9 };
      expect(compiled.test(text, work)).toBe(true);
      return 1e9 - work.stepsLeft;
    };
    const path = `/orders/${'abc-12'.repeat(1000)}/items/42`;
    expect(count(path)).toBeLessThan(path.length);
    expect(count(path)).toBeLessThanOrEqual(path.length / 16);
  });

  it('ends without a match when its steps are used up', () => {
    const compiled = compileRegexp('Q.{0,1000}x.{0,1000}Z|[ab]$');
    if (!compiled.ok) throw new Error(compiled.message);
    const text = `${'Qx'.repeat(7000)}a`;
    const work = { stepsLeft: 100_000 };
    expect(compiled.test(text, work)).toBe(false);
    expect(work.stepsLeft).toBeLessThan(0);
    // By less than the cost of one character.
    expect(work.stepsLeft).toBeGreaterThan(-maxInstructions);
    // A match that was stopped is not cached.
    expect(compiled.test(text, { stepsLeft: 1e9 })).toBe(true);
  });

  it('remembers states within bounds, and is correct beyond them', () => {
    const source = 'a[ab]{40}c';
    const random = (length: number, seed: number): string => {
      let state = seed;
      return Array.from({ length }, () =>
        (state = (state * 48271) % 2147483647) % 2 === 0 ? 'a' : 'b',
      ).join('');
    };
    const expected = new RegExp(source);
    for (let seed = 1; seed <= 40; seed += 1) {
      const text = `${random(400, seed)}c`;
      expect(test(source, text)).toBe(expected.test(text));
    }
  });
});
