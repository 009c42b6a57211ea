/** A literal read from the source: its value and its length in code units; or the fault and its position. */
export type Literal =
  | { readonly ok: true; readonly value: string; readonly length: number }
  | { readonly ok: false; readonly offset: number; readonly length: number; readonly message: string };

const simple: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};
const numeric = /\\(?:x([0-9A-Fa-f]{2})|([0-3][0-7]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8}))/y;
const plain = /[^"\\\n]+/y;

/** Reads the Go string literal that starts at `start` (a back quote or a double quote). */
export function unquote(source: string, start: number): Literal {
  return source.charAt(start) === '`' ? raw(source, start) : interpreted(source, start);
}

function raw(source: string, start: number): Literal {
  const end = source.indexOf('`', start + 1);
  if (end < 0) return { ok: false, offset: start, length: 1, message: 'the string has no closing `' };
  // Go drops carriage returns from raw strings.
  return { ok: true, value: source.slice(start + 1, end).replaceAll('\r', ''), length: end + 1 - start };
}

function interpreted(source: string, start: number): Literal {
  // Go strings are bytes: `\x` and octal escapes give single bytes, which together may form UTF-8.
  const parts: Buffer[] = [];
  let at = start + 1;
  for (;;) {
    plain.lastIndex = at;
    const run = plain.exec(source)?.[0] ?? '';
    parts.push(Buffer.from(run));
    at += run.length;
    const char = source.charAt(at);
    if (char === '"')
      return { ok: true, value: Buffer.concat(parts).toString('utf8'), length: at + 1 - start };
    const [next = '\n'] = source.slice(at + 1, at + 3);
    if (char !== '\\' || next === '\n')
      return { ok: false, offset: start, length: 1, message: 'the string has no closing " on its line' };
    const known = Object.hasOwn(simple, next) ? simple[next] : undefined;
    if (known !== undefined) {
      parts.push(Buffer.from(known));
      at += 2;
      continue;
    }
    numeric.lastIndex = at;
    const match = numeric.exec(source);
    if (match === null) {
      return {
        ok: false,
        offset: at,
        length: 1 + next.length,
        message: `unknown escape \\${/\p{C}/u.test(next) ? '' : next}: expected one of \\n \\t \\\\ \\" \\xHH \\uHHHH \\UHHHHHHHH or three octal digits`,
      };
    }
    const [whole, hex, octal, short, long] = match;
    const byte = hex === undefined ? octal && parseInt(octal, 8) : parseInt(hex, 16);
    if (typeof byte === 'number') parts.push(Buffer.of(byte));
    else {
      const code = parseInt(short ?? long ?? '', 16);
      if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
        return {
          ok: false,
          offset: at,
          length: whole.length,
          message: `${whole} is not a Unicode character`,
        };
      }
      parts.push(Buffer.from(String.fromCodePoint(code)));
    }
    at += whole.length;
  }
}
