/** How a format writes strings. */
export interface Spelling {
  /** Sticky; the next piece of the source. Matches at every position and takes at least one code unit. */
  readonly piece: RegExp;
  /** Number of code units of the string that a piece represents; 0 for a mere line continuation. */
  readonly lengthOf: (piece: string) => number;
}

/**
 * Position in the source of a code unit of a string. It is found by walking over both, because an escape is longer than its
 * character, and so is a folded line break with its indentation.
 * @param start index of the string's first piece.
 * @param offset in the string; up to its length, for the position after its last piece.
 */
export function toSourceOffset(
  source: string,
  start: number,
  { piece, lengthOf }: Spelling,
  offset: number,
): number {
  let at = start;
  for (let passed = 0; at < source.length;) {
    piece.lastIndex = at;
    const [written = ''] = piece.exec(source) ?? [];
    const length = lengthOf(written);
    if (written === '' || passed + length > offset)
      return at + Math.min(offset - passed, Math.max(0, written.length - 1));
    passed += length;
    at += written.length;
  }
  return at;
}

/** Two code units for `\U0001F600`; one for every other escape. */
export function lengthOfEscape(written: string): number {
  return written.startsWith('\\U') && parseInt(written.slice(2), 16) > 0xffff ? 2 : 1;
}
