/** Something wrong in an expression, at a place in it. */
export interface Diagnostic {
  readonly message: string;
  /** UTF-16 code units from 0. */
  readonly offset: number;
  /** Code units that the caret line covers; at least 1. */
  readonly length: number;
  /** From 1. */
  readonly line: number;
  /** In characters (code points), from 1. */
  readonly column: number;
}

/** Places a message at an offset of the source. */
export function createDiagnostic(
  source: string,
  offset: number,
  length: number,
  message: string,
): Diagnostic {
  const before = source.slice(0, offset);
  const lineStart = before.lastIndexOf('\n') + 1;
  let line = 1;
  for (let at = before.indexOf('\n'); at >= 0; at = before.indexOf('\n', at + 1)) line += 1;
  return Object.freeze({
    message,
    offset,
    length: Math.max(1, length),
    line,
    column: characters(before.slice(lineStart)) + 1,
  });
}

const characters = (text: string): number => Array.from(text).length;

/** Shows the line of the source with a caret under the place; tabs stay tabs, so that the caret stands right. */
export function renderDiagnostic(diagnostic: Diagnostic, source: string): string {
  const start = source.lastIndexOf('\n', diagnostic.offset - 1) + 1;
  const end = source.indexOf('\n', start);
  const text = source.slice(start, end < 0 ? undefined : end);
  const lead = text.slice(0, diagnostic.offset - start).replaceAll(/[^\t]/gu, ' ');
  const width = characters(
    text.slice(diagnostic.offset - start, diagnostic.offset - start + diagnostic.length),
  );
  return `${diagnostic.line}:${diagnostic.column}: ${diagnostic.message}\n${text}\n${lead}${'^'.repeat(Math.max(1, width))}`;
}
