import type { Argument, Call, Node } from './ast.ts';
import type { Diagnostic } from './diagnostic.ts';
import { createDiagnostic } from './diagnostic.ts';
import type { Lexeme } from './lexer.ts';
import { lex } from './lexer.ts';

/** Maximum length of an expression, in bytes of UTF-8. */
export const maxSourceBytes: number = 64 * 1024;
/** Maximum nesting of parentheses and `!`. */
export const maxDepth = 128;

export type ParseResult =
  { readonly ok: true; readonly ast: Node } | { readonly ok: false; readonly diagnostic: Diagnostic };

/** Parses an expression; never throws, whatever the input. Grammar: `||` binds weaker than `&&`, `!` strongest. */
export function parsePredicate(source: string): ParseResult {
  if (Buffer.byteLength(source) > maxSourceBytes) {
    return {
      ok: false,
      diagnostic: createDiagnostic(source, 0, 1, `the expression is longer than ${maxSourceBytes} bytes`),
    };
  }
  const lexed = lex(source);
  if (!lexed.ok) return lexed;
  const result = parseTokens(lexed.tokens);
  if (!('message' in result)) return { ok: true, ast: result };
  const { token, message } = result;
  return { ok: false, diagnostic: createDiagnostic(source, token.offset, token.length, message) };
}

interface SyntaxFault {
  readonly token: Lexeme;
  readonly message: string;
}

const shown = (token: Lexeme): string =>
  token.kind === 'end'
    ? 'end of expression'
    : token.kind === 'string'
      ? 'a string'
      : token.kind === 'name'
        ? token.text
        : `"${token.kind}"`;

function parseTokens(tokens: readonly Lexeme[]): Node | SyntaxFault {
  const end: Lexeme = tokens.at(-1) ?? { kind: 'end', offset: 0, length: 0, text: '' };
  let next = 0;
  const peek = (): Lexeme => tokens[next] ?? end;
  const expected = (what: string): SyntaxFault => ({
    token: peek(),
    message: `unexpected ${shown(peek())}: expected ${what}`,
  });

  const group = (kind: 'or' | 'and', depth: number): Node | SyntaxFault => {
    const operand = (): Node | SyntaxFault => (kind === 'or' ? group('and', depth) : unary(depth));
    const first = operand();
    if ('message' in first) return first;
    const operands = [first];
    while (peek().kind === (kind === 'or' ? '||' : '&&')) {
      next += 1;
      const more = operand();
      if ('message' in more) return more;
      operands.push(more);
    }
    const last = operands.at(-1) ?? first;
    return operands.length === 1
      ? first
      : { kind, operands, offset: first.offset, length: last.offset + last.length - first.offset };
  };

  const unary = (depth: number): Node | SyntaxFault => {
    const token = peek();
    if (token.kind === 'name') return call();
    if (token.kind !== '!' && token.kind !== '(') return expected('a function, "(" or "!"');
    if (depth >= maxDepth) return { token, message: `nested deeper than ${maxDepth} levels` };
    next += 1;
    const inner = token.kind === '!' ? unary(depth + 1) : group('or', depth + 1);
    if ('message' in inner) return inner;
    if (token.kind === '!')
      return {
        kind: 'not',
        operand: inner,
        offset: token.offset,
        length: inner.offset + inner.length - token.offset,
      };
    if (peek().kind !== ')') return expected('"&&", "||" or ")"');
    next += 1;
    return inner;
  };

  const call = (): Call | SyntaxFault => {
    const name = peek();
    next += 1;
    if (peek().kind !== '(') return expected(`"(" after ${name.text}`);
    next += 1;
    const args: Argument[] = [];
    for (let more = peek().kind !== ')'; more;) {
      const token = peek();
      if (token.kind !== 'string') return expected('a string, in `...` or "..."');
      args.push({ value: token.text, offset: token.offset, length: token.length });
      next += 1;
      more = peek().kind === ',';
      if (!more && peek().kind !== ')') return expected('"," or ")"');
      if (!more) break;
      next += 1;
      // As in Go, the last argument may have a comma after it.
      more = peek().kind !== ')';
    }
    const close = peek();
    next += 1;
    return {
      kind: 'call',
      name: name.text,
      args,
      offset: name.offset,
      length: close.offset + 1 - name.offset,
    };
  };

  const tree = group('or', 0);
  if ('message' in tree) return tree;
  return peek().kind === 'end' ? tree : expected('"&&", "||" or the end of the expression');
}
