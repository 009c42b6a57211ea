import { createClass, toRange, type CharSet, type ClassPart } from './char-set.ts';
import { posixClass } from './class-names.ts';
import { readCharEscape, readClassEscape } from './escape.ts';
import { RegexpFault, type Scanner } from './scanner.ts';

const posixName = /\[:(.*?):\]/sy;
/** A `-` before the closing `]` is literal. */
const rangeDash = /-(?!\]|$)/y;

/** Reads a class such as `[^a-z\d[:punct:]]` after its `[`. */
export function parseClass(scanner: Scanner, foldCase: boolean): CharSet {
  const negated = scanner.takeIf('^');
  const parts: ClassPart[] = [];
  // A `]` in first place is literal.
  for (let first = true; first || !scanner.takeIf(']'); first = false) {
    if (scanner.atEnd) throw new RegexpFault('missing closing ]');
    parts.push(readPart(scanner));
  }
  return createClass(parts, { negated, foldCase });
}

function readPart(scanner: Scanner): ClassPart {
  const posix = scanner.match(posixName);
  if (posix !== undefined) {
    const part = posixClass(posix[1] ?? '');
    if (part === undefined) throw new RegexpFault(`unknown character class ${posix[0]}`);
    return part;
  }
  let from: number;
  if (scanner.takeIf('\\')) {
    const part = readClassEscape(scanner);
    if (part !== undefined) return part;
    from = readCharEscape(scanner);
  } else {
    from = readChar(scanner);
  }
  if (scanner.match(rangeDash) === undefined) return toRange(from, from);
  const to = scanner.takeIf('\\') ? readCharEscape(scanner) : readChar(scanner);
  if (to < from)
    throw new RegexpFault(`the range ${String.fromCodePoint(from)}-${String.fromCodePoint(to)} is reversed`);
  return toRange(from, to);
}

const readChar = (scanner: Scanner): number => scanner.take().codePointAt(0) ?? 0;
