import type { Place } from '../config/place.ts';

/** The place of something inside a text that stands at a place: exact in the text's first line, and in those below it when it is a block of YAML. */
export function placeWithin(
  start: Place,
  text: string,
  within: { readonly line: number; readonly column: number },
): Place {
  if (start.line === 0) return start;
  if (within.line === 1) return { ...start, column: start.column + within.column - 1 };
  // Lines of a block keep the indentation of its first line; a text folded onto one line of the file has no further lines.
  return text.includes('\n')
    ? {
        ...start,
        line: start.line + within.line - 1,
        column: start.column + within.column - 1,
      }
    : start;
}
