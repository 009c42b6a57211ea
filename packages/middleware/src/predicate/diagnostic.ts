/** A fault in an expression, with its position. */
export interface Diagnostic {
  readonly message: string;
  /** UTF-16 code units from 0. */
  readonly offset: number;
  /** Number of code units to mark with carets; at least 1. */
  readonly length: number;
  /** From 1. */
  readonly line: number;
  /** From 1, in characters (code points), as editors count: a tab is one, and so is an emoji. */
  readonly column: number;
}

/** Creates a diagnostic at an offset of the source. */
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

/** Characters of a line to show before and after the position. */
const shownAround = 100;

/**
 * Shows the line of the source with carets below the position; tabs stay tabs, so that the carets align. Of a long line, only
 * the part around the position is shown; of several lines, only the first.
 */
export function renderDiagnostic(diagnostic: Diagnostic, source: string): string {
  const start = diagnostic.offset === 0 ? 0 : source.lastIndexOf('\n', diagnostic.offset - 1) + 1;
  const end = source.indexOf('\n', start);
  const line = source.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
  const at = diagnostic.offset - start;
  const lead = Array.from(line.slice(0, at));
  const tail = Array.from(line.slice(at));
  const before = lead.length > shownAround ? ['...', ...lead.slice(-shownAround)] : lead;
  const after = tail.length > shownAround ? [...tail.slice(0, shownAround), '...'] : tail;
  const width = Math.min(characters(line.slice(at, at + diagnostic.length)), shownAround);
  const indent = before.join('').replaceAll(/[^\t]/gu, ' ');
  return `${diagnostic.line}:${diagnostic.column}: ${diagnostic.message}\n${before.join('')}${after.join('')}\n${indent}${'^'.repeat(Math.max(1, width))}`;
}
