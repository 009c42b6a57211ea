import { RegexpFault, type Scanner } from './scanner.ts';
import type { ClassPart } from './char-set.ts';
import { perlClass, unicodeClass } from './class-names.ts';

const octal = /0[0-7]{0,2}|[1-7][0-7]{1,2}/y;
const hex = /x(?:([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]+)\})/y;
const property = /([pP])(?:\{([^}]*)\}|([^{]))/y;
const controls: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/** Reads the rest of an escape for a class (`\d`, `\pL`, ...) after the backslash; undefined for another escape. */
export function readClassEscape(scanner: Scanner): ClassPart | undefined {
  const named = scanner.match(property);
  if (named !== undefined) {
    const part = unicodeClass(named[2] ?? named[3] ?? '', named[1] === 'P');
    if (part === undefined) throw new RegexpFault(`unknown character class \\${named[0]}`);
    return part;
  }
  const part = perlClass(scanner.peek());
  if (part !== undefined) scanner.take();
  return part;
}

/** Reads the rest of an escape for one character, after the backslash. */
export function readCharEscape(scanner: Scanner): number {
  if (scanner.atEnd) throw new RegexpFault('trailing backslash');
  const digits = scanner.match(octal);
  if (digits !== undefined) return parseInt(digits[0], 8);
  const byHex = scanner.match(hex);
  if (byHex !== undefined) {
    const code = parseInt(byHex[1] ?? byHex[2] ?? '', 16);
    if (code > 0x10ffff) throw new RegexpFault(`\\${byHex[0]} is not a Unicode character`);
    return code;
  }
  const char = scanner.take();
  const control = Object.hasOwn(controls, char) ? controls[char] : undefined;
  if (control !== undefined) return control;
  if (/^[1-9]$/.test(char)) throw new RegexpFault(`\\${char} is a backreference, which Go does not support`);
  if (/^[\u0000-\u007f]$/.test(char) && !/^[0-9A-Za-z]$/.test(char)) return char.charCodeAt(0);
  throw new RegexpFault(`unknown escape \\${char}`);
}
