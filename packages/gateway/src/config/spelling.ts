/** How a format writes strings down. */
export interface Spelling {
  /** Sticky; the next piece of the source. Matches at every place and takes at least one code unit. */
  readonly piece: RegExp;
  /** Code units of the string that a piece stands for; 0 for one that only goes on in the next line. */
  readonly lengthOf: (piece: string) => number;
}

/**
 * Where in the source a code unit of a string stands, found by walking over both: an escape is longer than what it stands
 * for, a folded line break with its indentation too.
 *
 * @param start index of the string's first piece.
 * @param offset in the string; up to its length, which gives the place after its last piece.
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

/** Code units that `\U0001F600` stands for; 1 for every other escape. */
export function lengthOfEscape(written: string): number {
  return written.startsWith('\\U') && parseInt(written.slice(2), 16) > 0xffff ? 2 : 1;
}
