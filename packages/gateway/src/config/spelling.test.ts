import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { parseDocuments } from './parse-documents.ts';
import type { Path } from './path.ts';
import { valueAt } from './path.ts';

/** The text of the file at the position of `needle`, which occurs once in the string at `path`. */
function textAt(text: string, file: string, path: Path, needle: string): string {
  const [document] = parseDocuments(text, file).documents;
  const value = valueAt(document!.value, path) as string;
  const offset = value.indexOf(needle);
  expect(offset).toBeGreaterThanOrEqual(0);
  const { line, column } = document!.placeOf(path, offset);
  return Array.from(text.split('\n')[line - 1]!)
    .slice(column - 1)
    .join('')
    .slice(0, needle.length);
}

const rule = 'Host(`a`)';
const styles: readonly (readonly [style: string, file: string, lines: readonly string[]])[] = [
  ['a plain scalar', 'a.yaml', ['rule: Host(`a`) && Pth(`/b`)']],
  ['a plain scalar of several lines', 'a.yaml', ['rule: Host(`a`)', '  &&', '', '     Pth(`/b`)  ', '']],
  ['single quotes', 'a.yaml', ["rule: 'Host(`it''s`) && Pth(`''`)'"]],
  ['single quotes over several lines', 'a.yaml', ["rule: 'Host(`''`)   ", '', '', "    && Pth(`/b`)'"]],
  ['double quotes with escapes', 'a.yaml', ['rule: "Host(\\"\\x61\\u0062\\") \\n \\U0001F600 \\t&& Pth(`b`)"']],
  ['double quotes over several lines', 'a.yaml', ['rule: "Host(`a\\"`) \\', '   && \\', '', '  \\ (  ', '  Pth(`/b`))"']],
  ['a literal block', 'a.yaml', ['rule: |', '  Host(`a`)', '', '    && Pth(`/b`)']],
  ['a literal block with indicators', 'a.yaml', ['rule: |4- # comment', '       Host(`a`) &&', '    Pth(`/b`)']],
  ['a folded block', 'a.yaml', ['rule: >', '  Host(`a`)', '  &&', '', '  Pth(`/b`)']],
  ['a folded block with deeper lines', 'a.yaml', ['rule: >-', '', '  Host(`a`)', '     && ', '  \tx', '   Pth(`/b`)', '']],
  ['a string in a flow mapping', 'a.yaml', ['x: { 😀: "😀", y: [1, 2] }', 'rule: "😀😀 Pth(`/b`)"']],
  ['JSON', 'a.json', ['{ "x": 1, "rule": "Host(`\\u00e4\\ud83d\\ude00\\/`) && Pth(`/b`)" }']],
  ['a basic string of TOML', 'a.toml', ['rule = "Host(\\"\\u0061\\U0001F600\\") \\t&& Pth(`/b`)" # comment']],
  ['a literal string of TOML', 'a.toml', ["x = 1", "rule = 'Host(`\\d`) && Pth(`/b`)'"]],
  ['a basic string of TOML over several lines', 'a.toml', ['rule = """', 'Host(`a`) \\', '', '    && \\t', '  Pth(`/b`)', '"""']],
  ['a literal string of TOML over several lines', 'a.toml', ["rule = '''Host(`\\`)", '', " && Pth(`/b`)'''"]],
]; // prettier-ignore

describe.each([
  ['LF', '\n'],
  ['CRLF', '\r\n'],
])('a place inside a string, with line ends of %s,', (_name, lineEnd) => {
  it.each(styles)('is exact in %s', (_style, file, lines) => {
    expect(textAt(lines.join(lineEnd), file, ['rule'], 'Pth(`')).toBe('Pth(`');
  });
});

describe('a place inside a string', () => {
  it('at its end is after its last character', () => {
    const end = (text: string, file = 'a.yaml'): string => {
      const [document] = parseDocuments(text, file).documents;
      const { line, column } = document!.placeOf(['r'], (valueAt(document!.value, ['r']) as string).length);
      return `${line}:${column}`;
    };
    expect(end('r: abc # comment\n')).toBe('1:7');
    expect(end('r: "abc"\n')).toBe('1:8');
    expect(end('r: |\n  abc\n\n\n')).toBe('2:6');
    expect(end('r: >+\n  abc\n  de\n\n')).toBe('3:5');
    expect(end('r: ""\n')).toBe('1:5');
    expect(end('r = """\nabc"""', 'a.toml')).toBe('2:4');
  });

  it('of an alias is the place of its anchor', () => {
    expect(textAt(`x: &r ${rule}\nrule: *r\n`, 'a.yaml', ['rule'], '(')).toBe('(');
  });

  it('is that of the nearest entry for a string without its own position', () => {
    const placeOf = (text: string, file: string, path: Path): string => {
      const place = parseDocuments(text, file).documents[0]!.placeOf(path, 3);
      return `${place.line}:${place.column}`;
    };
    expect(placeOf('base: &b\n  x: abcdef\nother:\n  <<: *b\n', 'a.yaml', ['other', 'x'])).toBe('3:1');
    expect(placeOf('a = 1\nlist = ["abcdef"]', 'a.toml', ['list', 0])).toBe('2:8');
    expect(placeOf('a: 12345', 'a.yaml', ['a'])).toBe('1:4');
  });
});

describe('positions in a string, in any notation', () => {
  const words = fc.array(fc.constantFrom('a', 'b c', ' ', '  ', '\n', '\n\n', '"', "'", '\\', '😀', 'é', '#', ': ', '\t', '&&'), {
    minLength: 1,
    maxLength: 30,
  }); // prettier-ignore
  const ways = fc.constantFrom('PLAIN', 'QUOTE_SINGLE', 'QUOTE_DOUBLE', 'BLOCK_LITERAL', 'BLOCK_FOLDED');

  it('each visible character is found', () => {
    fc.assert(
      fc.property(words, ways, fc.boolean(), (parts, defaultStringType, crlf) => {
        const written = stringify(
          { deep: { value: parts.join('') } },
          { defaultStringType, lineWidth: 24, minContentWidth: 4 },
        );
        // The writer breaks lines inside of a surrogate pair now and then, which is no YAML.
        fc.pre(Buffer.from(written).toString() === written);
        const text = crlf ? written.replaceAll('\n', '\r\n') : written;
        const [document] = parseDocuments(text, 'a.yaml').documents;
        // Blanks and line ends may change on the way.
        const value = valueAt(document!.value, ['deep', 'value']) as string;
        expect(value.replaceAll(/\s/g, '')).toBe(parts.join('').replaceAll(/\s/g, ''));
        const lines = text.split('\n').map((line) => Array.from(line));
        for (const [offset, char] of Array.from(value).entries()) {
          if (/\s/.test(char)) continue;
          const units = Array.from(value).slice(0, offset).join('').length;
          const { line, column } = document!.placeOf(['deep', 'value'], units);
          const found = lines[line - 1]!.slice(column - 1).join('');
          // A quote or a backslash may be escaped.
          expect(found.replace(/^\\/, char === '\\' ? '\\' : '').startsWith(char)).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });
});
