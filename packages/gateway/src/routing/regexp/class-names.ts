import type { ClassPart } from './char-set.ts';

const word = '0-9A-Za-z_';

/** Members of `\d`, `\s` and `\w` in Go: ASCII alone, and `\s` without the vertical tab. */
const perl: Readonly<Record<string, string>> = { d: '0-9', s: '\\t\\n\\f\\r ', w: word };

/** `\d`, `\D` and so on by the letter; undefined for another one. */
export function perlClass(letter: string): ClassPart | undefined {
  const lower = letter.toLowerCase();
  const content = Object.hasOwn(perl, lower) ? perl[lower] : undefined;
  return content === undefined ? undefined : { content, negated: letter !== lower };
}

const posix: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\u{0}-\\u{7f}',
  blank: '\\t ',
  cntrl: '\\u{0}-\\u{1f}\\u{7f}',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word,
  xdigit: '0-9A-Fa-f',
};

/** `alpha` or `^alpha` of `[[:alpha:]]` and `[[:^alpha:]]`; undefined for an unknown name. */
export function posixClass(written: string): ClassPart | undefined {
  const negated = written.startsWith('^');
  const name = negated ? written.slice(1) : written;
  const content = Object.hasOwn(posix, name) ? posix[name] : undefined;
  return content === undefined ? undefined : { content, negated };
}

/** `L`, `Lu`, `Greek` or `^Greek` of `\p{Greek}`: a general category or a script; undefined for an unknown name. */
export function unicodeClass(written: string, negatedByCase: boolean): ClassPart | undefined {
  const negated = written.startsWith('^') !== negatedByCase;
  const name = written.replace(/^\^/, '');
  if (!/^[A-Z][A-Za-z_]*$/.test(name)) return undefined;
  const property =
    name === 'Any' ? name : `${/^[A-Z][a-z]?$/.test(name) ? 'General_Category' : 'Script'}=${name}`;
  const content = `\\p{${property}}`;
  try {
    new RegExp(content, 'u');
  } catch {
    return undefined;
  }
  return { content, negated };
}
