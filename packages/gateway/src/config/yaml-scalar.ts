import type { Scalar } from 'yaml';
import type { Spelling } from './spelling.ts';
import { lengthOfEscape, toSourceOffset } from './spelling.ts';

/** A single line break, with the blanks around it, becomes a space; of several, all but the first are kept. */
const fold = String.raw`[ \t]*(?:\r?\n[ \t]*)+`;
const blanks = String.raw`[ \t]+`;

function lengthOfFolded(written: string): number {
  if (!written.includes('\n')) return written.length;
  return Math.max(1, written.split('\n').length - 2);
}

const plain: Spelling = {
  piece: new RegExp(`${fold}|${blanks}|[^ \\t\\r\\n]+|\\r`, 'y'),
  lengthOf: lengthOfFolded,
};

const singleQuoted: Spelling = {
  piece: new RegExp(`${fold}|${blanks}|''|[^ \\t\\r\\n']+|[\\r']`, 'y'),
  lengthOf: (written) => (written === "''" ? 1 : lengthOfFolded(written)),
};

const doubleQuoted: Spelling = {
  piece: new RegExp(
    String.raw`${fold}|${blanks}|\\\r?\n[ \t]*|\\(?:x.{2}|u.{4}|U.{8}|[^])|[^ \t\r\n\\]+|[\r\\]`,
    'y',
  ),
  lengthOf(written) {
    if (!written.startsWith('\\')) return lengthOfFolded(written);
    return /^\\\r?\n/.test(written) ? 0 : lengthOfEscape(written);
  },
};

/**
 * Position in the source of a code unit of a scalar's text. With offset 0, the position where the text begins: inside the quotes,
 * below `|`.
 */
export function offsetInScalar(scalar: Scalar, source: string, offset: number): number {
  const [start, end] = scalar.range ?? [0, 0];
  switch (scalar.type) {
    case 'QUOTE_DOUBLE':
      return toSourceOffset(source, start + 1, doubleQuoted, offset);
    case 'QUOTE_SINGLE':
      return toSourceOffset(source, start + 1, singleQuoted, offset);
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return offsetInBlock(String(scalar.value), source.slice(0, end), start, offset);
    default:
      return toSourceOffset(source, start, plain, offset);
  }
}

/**
 * The text of each line appears in order, whatever the indentation, chomping and folding; only spaces and line breaks are between
 * the lines. A text ends at one of these.
 */
function offsetInBlock(value: string, source: string, start: number, offset: number): number {
  let found: number | undefined;
  let passed = 0;
  for (let header = source.indexOf('\n', start), next = header; next >= 0;) {
    const line = next + 1;
    next = source.indexOf('\n', line);
    const written = source.slice(line, next < 0 ? undefined : next).replace(/\r$/, '');
    const content = written.replace(/^ +/, '');
    if (content === '') continue;
    const at = line + written.length - content.length;
    while (value[passed] === ' ' || value[passed] === '\n') passed += 1;
    if (offset < passed) return found ?? at;
    if (offset < passed + content.length) return at + offset - passed;
    passed += content.length;
    found = at + content.length;
  }
  return found ?? start;
}
