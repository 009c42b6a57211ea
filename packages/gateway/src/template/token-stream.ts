import { TemplateFault } from './template-fault.ts';
import type { TemplateToken, TemplateTokenType } from './token.ts';

const names: Readonly<Partial<Record<TemplateTokenType, string>>> = {
  close: 'the end of the action',
  'end of file': 'the end of the file',
  declare: ':=',
  assign: '=',
  pipe: '|',
  comma: ',',
  leftParen: '(',
  rightParen: ')',
  dot: '.',
};

/** Reads tokens sequentially. */
export class TokenStream {
  /** Index of the current token. */
  at = 0;
  private readonly tokens: readonly TemplateToken[];

  constructor(tokens: readonly TemplateToken[]) {
    this.tokens = tokens;
  }

  get token(): TemplateToken {
    return this.tokens[this.at] ?? { type: 'end of file', text: '', offset: 0 };
  }

  next(): TemplateToken {
    const { token } = this;
    this.at += 1;
    return token;
  }

  skipSpace(): TemplateToken {
    while (this.token.type === 'space') this.at += 1;
    return this.token;
  }

  isKeyword(...words: readonly string[]): boolean {
    return this.token.type === 'keyword' && words.includes(this.token.text);
  }

  unexpected(token: TemplateToken, context: string): TemplateFault {
    const what = token.type === 'string' ? 'string' : (names[token.type] ?? (token.text || `$${token.text}`));
    return new TemplateFault(`unexpected ${what} in ${context}`, token.offset);
  }

  expectClose(context: string): void {
    const token = this.skipSpace();
    if (token.type !== 'close') throw this.unexpected(token, context);
    this.at += 1;
  }
}
