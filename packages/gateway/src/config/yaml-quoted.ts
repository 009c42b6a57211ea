import { Lexer } from 'yaml';

/**
 * Indents lines of quoted scalars that are indented less than YAML 1.2 requires (section 7.4). Traefik, kubectl and other programs
 * whose parser derives from libyaml accept them, and tools that wrap long lines write them.
 *
 * @returns undefined when no line needs it.
 */
export function alignQuotedScalars(text: string): string | undefined {
  let aligned = '';
  let from = 0;
  for (let cut = findCutScalar(text, from); cut !== undefined; cut = findCutScalar(text, from)) {
    const indent = ' '.repeat(cut.from - text.lastIndexOf('\n', cut.from) - 1);
    const scalar = text.slice(cut.from, cut.to);
    // A marker of documents ends a scalar there, too.
    if (/^(?:---|\.\.\.)(?:[ \t\r]|$)/m.test(scalar)) return undefined;
    aligned += text.slice(from, cut.from) + scalar.replace(/\n[ \t]*(?=[^\s])/g, `\n${indent}`);
    from = cut.to;
  }
  return from === 0 ? undefined : aligned + text.slice(from);
}

interface ScalarSpan {
  readonly from: number;
  /** Offset after its closing quote. */
  readonly to: number;
}

/** The first quoted scalar after an offset that the parser ends at a line with too little indentation. */
function findCutScalar(text: string, start: number): ScalarSpan | undefined {
  let at = start;
  for (const lexeme of new Lexer().lex(start === 0 ? text : text.slice(start))) {
    if (isMark(lexeme)) continue;
    const quote = lexeme[0];
    if (quote === '"' || quote === "'") {
      const to = findEnd(text, at, quote);
      if (to === undefined) return undefined;
      if (to > at + lexeme.length) return { from: at, to };
    }
    at += lexeme.length;
  }
  return undefined;
}

/** Characters that the lexer adds to the text: beginnings of documents and scalars, and ends of broken flow collections. */
const isMark = (lexeme: string): boolean => lexeme === '\x02' || lexeme === '\x1f' || lexeme === '\x18';

/** Offset after the closing quote of the scalar at an offset. */
function findEnd(text: string, from: number, quote: string): number | undefined {
  for (let at = from + 1; at < text.length; at += 1) {
    const character = text[at];
    if (quote === '"' && character === '\\') at += 1;
    else if (character === quote) {
      if (quote === '"' || text[at + 1] !== "'") return at + 1;
      at += 1;
    }
  }
  return undefined;
}
