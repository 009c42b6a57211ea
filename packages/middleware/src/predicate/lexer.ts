import type { Diagnostic } from './diagnostic.ts';
import { createDiagnostic } from './diagnostic.ts';
import { unquote } from './string-literal.ts';

export type LexemeKind = 'name' | 'string' | '(' | ')' | ',' | '!' | '&&' | '||' | 'end';

export interface Lexeme {
  readonly kind: LexemeKind;
  readonly offset: number;
  readonly length: number;
  /** The name, or the unquoted string. */
  readonly text: string;
}

export type LexResult =
  | { readonly ok: true; readonly tokens: readonly Lexeme[] }
  | { readonly ok: false; readonly diagnostic: Diagnostic };

/** White space and comments, as in Go. */
const space = /(?:[ \t\r\n]|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
const name = /[A-Za-z_][A-Za-z0-9_]*/y;
const punctuation = /&&|\|\||[(),!]/y;

/** Splits an expression into tokens; the last one is `end`. */
export function lex(source: string): LexResult {
  const tokens: Lexeme[] = [];
  const fail = (offset: number, length: number, message: string): LexResult => ({
    ok: false,
    diagnostic: createDiagnostic(source, offset, length, message),
  });
  const take = (pattern: RegExp, at: number): string => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0] ?? '';
  };
  let at = 0;
  for (;;) {
    at += take(space, at).length;
    if (at >= source.length) break;
    const char = source.charAt(at);
    if (source.startsWith('/*', at)) return fail(at, 2, 'the comment is not closed: expected */');
    if (char === '`' || char === '"') {
      const literal = unquote(source, at);
      if (!literal.ok) return fail(literal.offset, literal.length, literal.message);
      tokens.push({ kind: 'string', offset: at, length: literal.length, text: literal.value });
      at += literal.length;
      continue;
    }
    const mark = take(punctuation, at);
    const text = mark === '' ? take(name, at) : mark;
    if (text === '') {
      const whole = String.fromCodePoint(source.codePointAt(at) ?? 0);
      const hint =
        char === '&' || char === '|'
          ? `expected ${char}${char}`
          : /['‘’“”]/.test(char)
            ? 'write strings in `...` or "..."'
            : 'expected a function, "(", "!" or an operator';
      // Invisible characters, often from pasted text, are shown by number.
      const shown = /[\p{Z}\p{C}]/u.test(whole)
        ? `U+${(whole.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
        : JSON.stringify(whole);
      return fail(at, whole.length, `unexpected ${shown}: ${hint}`);
    }
    tokens.push({ kind: mark === '' ? 'name' : (mark as LexemeKind), offset: at, length: text.length, text });
    at += text.length;
  }
  tokens.push({ kind: 'end', offset: source.length, length: 0, text: '' });
  return { ok: true, tokens };
}
