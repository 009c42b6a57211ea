/** A fault in a regular expression, in words; thrown only inside this folder and returned as a value by `compileRegexp`. */
export class RegexpFault extends Error {}

/** Reads an expression code point by code point. */
export interface Scanner {
  /** The next code point as a string; empty at the end. */
  peek(): string;
  take(): string;
  /** Consumes `text` if it comes next. */
  takeIf(text: string): boolean;
  /** Consumes the next match of a sticky pattern; undefined for none. */
  match(pattern: RegExp): RegExpExecArray | undefined;
  readonly atEnd: boolean;
}

export function createScanner(source: string): Scanner {
  let at = 0;
  const peek = (): string => (at < source.length ? String.fromCodePoint(source.codePointAt(at) ?? 0) : '');
  return {
    peek,
    take() {
      const char = peek();
      at += char.length;
      return char;
    },
    takeIf(text) {
      if (!source.startsWith(text, at)) return false;
      at += text.length;
      return true;
    },
    match(pattern) {
      pattern.lastIndex = at;
      const found = pattern.exec(source);
      if (found === null) return undefined;
      at += found[0].length;
      return found;
    },
    get atEnd() {
      return at >= source.length;
    },
  };
}
