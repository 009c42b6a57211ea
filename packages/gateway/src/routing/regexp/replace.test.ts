import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern, type Pattern } from './replace.ts';

function compile(source: string): Pattern {
  const compiled = compilePattern(source);
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.pattern;
}

const work = () => ({ stepsLeft: 1e9 });
const replace = (source: string, replacement: string, text: string): string =>
  compile(source).replaceWith(replacement)(text, work());

/** Expressions with the same meaning in JavaScript, without repetitions of possibly empty parts. */
const expression = fc.letrec<{ node: string; full: string }>((tie) => ({
  full: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.constantFrom('a', 'b', 'c', '[ab]', '.', 'é', '😀'),
    fc.tuple(tie('full'), tie('node')).map(([left, right]) => left + right),
    fc.tuple(tie('full'), tie('full')).map(([left, right]) => `(${left}|${right})`),
    fc.tuple(tie('full'), fc.constantFrom('+', '+?', '{2}', '{1,2}', '{1,3}?')).map(([item, times]) => `(?:${item})${times}`),
  ),
  node: fc.oneof(
    { maxDepth: 4 },
    tie('full'),
    fc.tuple(tie('full'), fc.constantFrom('*', '*?', '?', '??', '{0,2}')).map(([item, times]) => `(?:${item})${times}`),
    fc.constantFrom('^', '$', ''),
  ),
})); // prettier-ignore

describe('a pattern', () => {
  it('finds the same match as backtracking', () => {
    const text = fc
      .array(fc.constantFrom('a', 'b', 'c', 'é', '😀'), { maxLength: 12 })
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(expression.node, text, (source, input) => {
        expect(compile(source).find(input, work())).toBe(new RegExp(source, 'u').exec(input)?.[0]);
        expect(replace(source, '<$0>', input)).toBe(
          // In Go, an empty match right after another one does not count.
          input.replace(new RegExp(source, 'gu'), (found, ...rest) => {
            const at = rest.find((part) => typeof part === 'number') as number;
            return found === '' && endsAt(source, input, at) ? '' : `<${found}>`;
          }),
        );
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    // From the documentation of Go's package.
    ['a(x*)b', '-ab-axxb-', 'T', '-T-T-'],
    ['a(x*)b', '-ab-axxb-', '$1', '--xx-'],
    ['a(x*)b', '-ab-axxb-', '$1W', '---'],
    ['a(x*)b', '-ab-axxb-', '${1}W', '-W-xxW-'],
    ['a(?P<1W>x*)b', '-ab-axxb-', '$1W', '--xx-'],
    ['(?P<first>[a-z]+)\\s+(?P<last>[a-z]+)', 'alan turing', '$last $first', 'turing alan'],
    ['a', 'a', '$$', '$'],
    ['a', 'a', '$', '$'],
    ['a', 'a', '$-${', '$-${'],
    ['a', 'a', '${0', '${0'],
    ['a', 'a', '$9${nobody}x', 'x'],
    ['(a)|(b)', 'b', '[$1|$2]', '[|b]'],
    ['(?P<n>a)|(?P<n>b)', 'ab', '<$n>', '<a><b>'],
    ['', '😀', '-', '-😀-'],
  ])('%j in %j replaced by %j yields %j', (source, text, replacement, expected) => {
    expect(replace(source, replacement, text)).toBe(expected);
  });

  it('stops when its work is used up, in a time proportional to the text', () => {
    const { find, replaceWith } = compile('((a*)*)*b');
    const text = 'a'.repeat(10_000);
    const little = { stepsLeft: 10_000 };
    expect(find(text, little)).toBeUndefined();
    expect(little.stepsLeft).toBeLessThan(0);
    const used = (length: number): number => {
      const spent = { stepsLeft: 1e9 };
      replaceWith('x')('a'.repeat(length), spent);
      return 1e9 - spent.stepsLeft;
    };
    expect(used(2000) / used(1000)).toBeLessThan(2.2);
  });

  it('rejects expressions that Go rejects', () => {
    expect(compilePattern('(')).toEqual({
      ok: false,
      message: 'invalid regular expression: missing closing )',
    });
  });
});

/** Whether a non-empty match ends there. */
function endsAt(source: string, input: string, at: number): boolean {
  return [...input.matchAll(new RegExp(source, 'gu'))].some(
    ({ 0: found, index }) => found !== '' && index + found.length === at,
  );
}
