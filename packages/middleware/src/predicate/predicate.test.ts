import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Node } from './ast.ts';
import { compilePredicate, maxDiagnostics } from './compile.ts';
import { renderDiagnostic } from './diagnostic.ts';
import type { FunctionTable } from './functions.ts';
import { maxDepth, maxSourceBytes, parsePredicate } from './parse.ts';
import { printPredicate } from './print.testkit.ts';
import { bare, trees } from './tree.testkit.ts';

/** `Has` is true for a member of the context; `Any` for a context with one of its arguments. */
const table: FunctionTable<ReadonlySet<string>> = {
  Has: {
    parameters: ['name'],
    build:
      ([name = '']) =>
      (set) =>
        set.has(name),
  },
  HasAny: {
    parameters: ['name', 'other'],
    repeats: true,
    build: (names) =>
      names.includes('bad')
        ? { argument: names.indexOf('bad'), message: 'is bad' }
        : (set) => names.some((name) => set.has(name)),
  },
};
const problem = (source: string) => {
  const compiled = compilePredicate(source, table);
  return compiled.ok ? undefined : compiled.diagnostics[0];
};

describe('an expression', () => {
  it('parses back from its printed form', () => {
    const args = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 3 });
    fc.assert(
      fc.property(trees(['Equals', 'x_1', '_'], args), (tree) => {
        const parsed = parsePredicate(printPredicate(tree));
        expect(parsed.ok && bare(parsed.ast)).toEqual(bare(tree));
      }),
    );
  });

  it('has the result of a naive evaluation of its tree', () => {
    const naive = (node: Node, set: ReadonlySet<string>): boolean => {
      if (node.kind === 'not') return !naive(node.operand, set);
      if (node.kind === 'call') return node.args.some((arg) => set.has(arg.value));
      const parts = node.operands.map((operand) => naive(operand, set));
      return node.kind === 'and' ? parts.every(Boolean) : parts.some(Boolean);
    };
    const letter = fc.constantFrom('a', 'b', 'c', 'd');
    fc.assert(
      fc.property(
        trees(['HasAny', 'hasany', 'HASANY', 'Hasany'], fc.array(letter, { minLength: 2, maxLength: 3 })),
        fc.uniqueArray(letter),
        (tree, members) => {
          const set = new Set(members);
          const compiled = compilePredicate(printPredicate(tree), table);
          expect(compiled.ok && compiled.evaluate(set)).toBe(naive(tree, set));
        },
      ),
      { numRuns: 300 },
    );
  });

  it.each([
    ['Has(`a`) || Has(`x`) && Has(`x`)', true],
    ['(Has(`a`) || Has(`x`)) && Has(`x`)', false],
    ['!Has(`x`) && !Has(`y`)', true],
    ['!(Has(`a`) && Has(`x`))', true],
    ['!!Has(`a`)', true],
    ['!!!Has(`a`)', false],
    ['! Has ( `a` )', false],
    ['\r\n\tHas(\r\n`a`)\n&&\nHas("a")\n', true],
    ['Has(`a`,)', true],
    ['/* a * / ** */Has(/**/`a`// )\n)//', true],
    ['!Has(`a//b`) && !Has("/*")', true],
    ['Has(`\\a`)', false],
    ['Has("\\x61")', true],
    ['Has("\\141")', true],
    ['Has("\\u0061")', true],
    ['Has("\\U00000061")', true],
    ['Has(`\ra`)', true],
    ['Has("\\xf0\\x9f\\x98\\x80")', true],
    ['Has("\\U0001F600") && Has(`\u{1F600}`)', true],
  ])('%j is %s', (source, result) => {
    const compiled = compilePredicate(source, table);
    expect(compiled.ok && compiled.evaluate(new Set(['a', '\u{1F600}']))).toBe(result);
    expect(compiled.ok).toBe(true);
  });

  it('never throws, and has every fault at a position inside it', () => {
    const fragment = fc.constantFrom(
      '(',
      ')',
      '!',
      '&&',
      '||',
      '&',
      'Has',
      '`a`',
      ',',
      '//',
      '/*',
      '*/',
      '"',
      '\\',
      '\n',
      '`',
      ' ',
      '\u{1F600}',
      "'",
    );
    const source = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string({ unit: 'grapheme' }),
      fc.array(fragment).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(source, (text) => {
        const compiled = compilePredicate(text, table);
        if (compiled.ok) return;
        for (const diagnostic of compiled.diagnostics) {
          const { offset, line, column, length } = diagnostic;
          expect(offset).toBeLessThanOrEqual(text.length);
          expect(length).toBeGreaterThanOrEqual(1);
          // An independent oracle that walks over the characters.
          let [atLine, atColumn] = [1, 1];
          for (const char of text.slice(0, offset))
            [atLine, atColumn] = char === '\n' ? [atLine + 1, 1] : [atLine, atColumn + 1];
          expect([line, column]).toEqual([atLine, atColumn]);
          expect(renderDiagnostic(diagnostic, text).split('\n')).toHaveLength(3);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('is accepted up to 64 KiB of UTF-8, and rejected beyond', () => {
    const padded = (bytes: number) => 'Has(`a`)'.padEnd(bytes);
    expect(problem(padded(maxSourceBytes))).toBeUndefined();
    expect(problem(padded(maxSourceBytes + 1))).toMatchObject({
      line: 1,
      column: 1,
      message: 'the expression is longer than 65536 bytes',
    });
    expect(problem(`Has(\`${'é'.repeat(maxSourceBytes / 2)}\`)`)).toMatchObject({ column: 1 });
    expect(problem(`\n${'('.repeat(maxSourceBytes)}`)).toMatchObject({ line: 1, column: 1 });
  });

  it.each(['(', '!'])('may nest 128 levels of %s', (open) => {
    const nested = (levels: number) =>
      `${open.repeat(levels)}Has(\`a\`)${(open === '(' ? ')' : '').repeat(levels)}`;
    expect(problem(nested(maxDepth))).toBeUndefined();
    expect(problem(nested(maxDepth + 1))).toMatchObject({
      column: maxDepth + 1,
      message: 'nested deeper than 128 levels',
    });
  });

  it('may have thousands of operands', () => {
    expect(problem(Array.from({ length: 5000 }, () => 'Has(`a`)').join('||'))).toBeUndefined();
  });
});

const call = 'Has(`a`)';
// Source, line, column, carets, text of the message.
const malformed: [string, number, number, number, string][] = [
  ['', 1, 1, 1, 'unexpected end of expression: expected a function, "(" or "!"'],
  ['   ', 1, 4, 1, 'unexpected end of expression'],
  ['\n\n', 3, 1, 1, 'unexpected end of expression'],
  ['&&', 1, 1, 2, 'unexpected "&&": expected a function'],
  ['||', 1, 1, 2, 'unexpected "||"'],
  [')', 1, 1, 1, 'unexpected ")"'],
  ['(', 1, 2, 1, 'unexpected end of expression: expected a function'],
  ['()', 1, 2, 1, 'unexpected ")": expected a function'],
  ['!', 1, 2, 1, 'unexpected end of expression'],
  ['!!', 1, 3, 1, 'unexpected end of expression'],
  ['! &&', 1, 3, 2, 'unexpected "&&"'],
  [',', 1, 1, 1, 'unexpected ","'],
  ['`a`', 1, 1, 3, 'unexpected a string: expected a function'],
  ['"a"', 1, 1, 3, 'unexpected a string'],
  ['Has', 1, 4, 1, 'unexpected end of expression: expected "(" after Has'],
  ['Has `a`', 1, 5, 3, 'unexpected a string: expected "(" after Has'],
  ['Has Has', 1, 5, 3, 'unexpected Has: expected "(" after Has'],
  ['Has(', 1, 5, 1, 'unexpected end of expression: expected a string'],
  ['Has(a)', 1, 5, 1, 'unexpected a: expected a string, in `...` or "..."'],
  ['Has(,)', 1, 5, 1, 'unexpected ",": expected a string'],
  ['Has(`a`', 1, 8, 1, 'unexpected end of expression: expected "," or ")"'],
  ['Has(`a`,', 1, 9, 1, 'unexpected end of expression: expected a string'],
  ['Has(`a`,,)', 1, 9, 1, 'unexpected ",": expected a string'],
  ['Has(`a`) /* b', 1, 10, 2, 'the comment is not closed: expected */'],
  ['Has(`a`) / b', 1, 10, 1, 'unexpected "/"'],
  ['Has(`a` `b`)', 1, 9, 3, 'unexpected a string: expected "," or ")"'],
  ['Has(`a`,,`b`)', 1, 9, 1, 'unexpected ",": expected a string'],
  ['Has((`a`))', 1, 5, 1, 'unexpected "(": expected a string'],
  ['Has(!`a`)', 1, 5, 1, 'unexpected "!": expected a string'],
  ['Has(Has(`a`))', 1, 5, 3, 'unexpected Has: expected a string'],
  [`${call})`, 1, 9, 1, 'unexpected ")": expected "&&", "||" or the end of the expression'],
  [`(${call}`, 1, 10, 1, 'unexpected end of expression: expected "&&", "||" or ")"'],
  [`((${call})`, 1, 12, 1, 'unexpected end of expression: expected "&&", "||" or ")"'],
  [`${call} ${call}`, 1, 10, 3, 'unexpected Has: expected "&&", "||" or the end of the expression'],
  [`${call} !${call}`, 1, 10, 1, 'unexpected "!": expected "&&", "||" or the end of the expression'],
  [`${call} &&`, 1, 12, 1, 'unexpected end of expression: expected a function'],
  [`${call} || `, 1, 13, 1, 'unexpected end of expression: expected a function'],
  [`${call} && && ${call}`, 1, 13, 2, 'unexpected "&&": expected a function'],
  [`${call} && || ${call}`, 1, 13, 2, 'unexpected "||": expected a function'],
  [`&& ${call}`, 1, 1, 2, 'unexpected "&&"'],
  [`${call} & ${call}`, 1, 10, 1, 'unexpected "&": expected &&'],
  [`${call} | ${call}`, 1, 10, 1, 'unexpected "|": expected ||'],
  [`${call} &&& ${call}`, 1, 12, 1, 'unexpected "&": expected &&'],
  [`${call} and ${call}`, 1, 10, 3, 'unexpected and: expected "&&", "||" or the end of the expression'],
  [`not ${call}`, 1, 5, 3, 'unexpected Has: expected "(" after not'],
  ["Has('a')", 1, 5, 1, 'unexpected "\'": write strings in `...` or "..."'],
  ['Has(“a”)', 1, 5, 1, 'unexpected "“": write strings in'],
  ['Has(1)', 1, 5, 1, 'unexpected "1"'],
  [`${call};`, 1, 9, 1, 'unexpected ";"'],
  [`${call} == ${call}`, 1, 10, 1, 'unexpected "="'],
  ['Has[`a`]', 1, 4, 1, 'unexpected "["'],
  ['x.Has(`a`)', 1, 2, 1, 'unexpected "."'],
  ['1Has(`a`)', 1, 1, 1, 'unexpected "1"'],
  ['Häs(`a`)', 1, 2, 1, 'unexpected "ä"'],
  ['\u{1F600}', 1, 1, 1, 'unexpected "\u{1F600}"'],
  ['Has(`a`)\u00a0&& Has(`b`)', 1, 9, 1, 'unexpected U+00A0'],
  ['\ufeffHas(`a`)', 1, 1, 1, 'unexpected U+FEFF'],
  ['Has(`a`)\0', 1, 9, 1, 'unexpected U+0000'],
  ['\ud83d', 1, 1, 1, 'unexpected U+D83D'],
  ['Has(`a', 1, 5, 1, 'the string has no closing `'],
  ['Has(`a)\n&& x', 1, 5, 1, 'the string has no closing `'],
  ['Has("a', 1, 5, 1, 'the string has no closing "'],
  ['Has("a\n")', 1, 5, 1, 'the string has no closing " on its line'],
  ['Has("a\\', 1, 5, 1, 'the string has no closing "'],
  ['Has("a\\\n")', 1, 5, 1, 'the string has no closing "'],
  ['Has("a\\")', 1, 5, 1, 'the string has no closing "'],
  ['Has("a\\q")', 1, 7, 2, 'unknown escape \\q'],
  ['Has("\\\'")', 1, 6, 2, "unknown escape \\'"],
  ['Has("\\\u{1F600}")', 1, 6, 2, 'unknown escape \\\u{1F600}:'],
  ['Has("\\x6")', 1, 6, 2, 'unknown escape \\x'],
  ['Has("\\400")', 1, 6, 2, 'unknown escape \\4'],
  ['Has("\\08")', 1, 6, 2, 'unknown escape \\0'],
  ['Has("\\u12")', 1, 6, 2, 'unknown escape \\u'],
  ['Has("\\ud800")', 1, 6, 6, '\\ud800 is not a Unicode character'],
  ['Has("\\U00110000")', 1, 6, 10, '\\U00110000 is not a Unicode character'],
  ['Has()', 1, 1, 5, 'Has takes (name), not 0 arguments'],
  ['Has(`a`, `b`)', 1, 1, 13, 'Has takes (name), not 2 arguments'],
  ['HasAny(`a`)', 1, 1, 11, 'HasAny takes (name, other, ...), not 1 argument'],
  ['Hat(`a`)', 1, 1, 3, 'unknown function Hat: did you mean Has?'],
  ['Unlike(`a`)', 1, 1, 6, 'unknown function Unlike: expected one of Has, HasAny'],
  ['hAs(`a`)', 1, 1, 3, 'unknown function hAs: did you mean Has?'],
  ['hasAny(`a`, `b`)', 1, 1, 6, 'unknown function hasAny: did you mean HasAny?'],
  ['constructor(`a`)', 1, 1, 11, 'unknown function constructor'],
  ['__proto__(`a`)', 1, 1, 9, 'unknown function __proto__'],
  ['HasAny(`a`, `bad`)', 1, 13, 5, 'is bad'],
  [`${call} &&\n  Nope(\`a\`)`, 2, 3, 4, 'unknown function Nope'],
  [`${call} &&\r\n  Nope(\`a\`)`, 2, 3, 4, 'unknown function Nope'],
  [`${call} &&\n\n\t\tHas(a)`, 3, 7, 1, 'unexpected a'],
  ['Has(`\u{1F600}\u{1F600}`) && Nope(`a`)', 1, 14, 4, 'unknown function Nope'],
  ['Has(`e\u0301`) & x', 1, 11, 1, 'unexpected "&"'],
  ['Has(`line\nline`) x', 2, 8, 1, 'unexpected x'],
];

describe('a malformed expression', () => {
  it.each(malformed)(
    '%j is rejected at %i:%i with %i carets: %s',
    (source, line, column, carets, message) => {
      const found = problem(source)!;
      expect(found).toMatchObject({ line, column });
      expect(found.message).toContain(message);
      const [head, shown, marks] = renderDiagnostic(found, source).split('\n');
      expect(head).toBe(`${line}:${column}: ${found.message}`);
      expect(shown).toBe(source.split('\n')[line - 1]?.replace(/\r$/, ''));
      const lead = Array.from(shown!)
        .slice(0, column - 1)
        .map((char) => (char === '\t' ? '\t' : ' '))
        .join('');
      expect(marks).toBe(lead + '^'.repeat(carets));
    },
  );

  it('is reported with all unknown functions and wrong arguments at once', () => {
    const compiled = compilePredicate('Nope(`a`) && !(Has() || HasAny(`bad`, `x`))', table);
    expect(compiled.ok ? [] : compiled.diagnostics.map(({ column }) => column)).toEqual([1, 16, 32]);
  });

  it('is reported with a hundred faults at most, so that its check takes bounded time', () => {
    const compiled = compilePredicate(Array.from({ length: 13_000 }, () => 'a()').join('||'), table);
    expect(compiled.ok ? [] : compiled.diagnostics.map(({ column }) => column)).toEqual(
      Array.from({ length: maxDiagnostics }, (_, index) => 1 + 5 * index),
    );
  });

  it('is shown in part, around the place, only when its line is long', () => {
    const source = `${`${call} && `.repeat(500)}Nope(\`a\`)${` && ${call}`.repeat(500)}`;
    const [, shown, marks] = renderDiagnostic(problem(source)!, source).split('\n');
    expect(shown!.length).toBeLessThan(250);
    expect(shown!.slice(marks!.indexOf('^')).startsWith('Nope(')).toBe(true);
  });
});
