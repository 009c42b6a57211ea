/** A piece of rendered text with its origin. */
export interface Piece {
  readonly text: string;
  /** Its offset in the source, or the offset of the action that wrote it. */
  readonly offset: number;
  /** Whether the piece was copied, so that each of its code units has its own offset in the source. */
  readonly isCopy: boolean;
  /** Whether it may contain text from an environment variable. */
  readonly isFromEnv: boolean;
}

/** Rendered text with a mapping to its source. */
export interface RenderedText {
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** Source offset of a code unit of the rendered text: its own, or that of the action that wrote it. */
  readonly toSource: (offset: number) => number;
  /** The piece that contains a code unit, with its start index; undefined after the last piece. */
  readonly pieceAt: (offset: number) => { readonly piece: Piece; readonly start: number } | undefined;
}

export function createRenderedText(pieces: readonly Piece[]): RenderedText {
  const starts: number[] = [];
  let length = 0;
  for (const { text } of pieces) {
    starts.push(length);
    length += text.length;
  }
  const indexAt = (offset: number): number => {
    let [low, high] = [0, starts.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  };
  const pieceAt: RenderedText['pieceAt'] = (offset) => {
    const index = indexAt(offset);
    const [piece, start] = [pieces[index], starts[index]];
    return piece === undefined || start === undefined || offset >= start + piece.text.length
      ? undefined
      : { piece, start };
  };
  return {
    text: pieces.map(({ text }) => text).join(''),
    pieces,
    pieceAt,
    toSource(offset) {
      const found = pieceAt(offset);
      if (found !== undefined) return found.piece.offset + (found.piece.isCopy ? offset - found.start : 0);
      const last = pieces.at(-1);
      return last === undefined ? 0 : last.offset + (last.isCopy ? last.text.length : 0);
    },
  };
}
