/** A piece of rendered text and where it comes from. */
export interface Piece {
  readonly text: string;
  /** Where in the source it stands, or the action that wrote it. */
  readonly offset: number;
  /** Whether it was copied: each of its code units has a place of its own. */
  readonly isCopy: boolean;
  /** Whether an environment variable may have gone into it. */
  readonly isFromEnv: boolean;
}

/** Rendered text, with the way back to its source. */
export interface RenderedText {
  readonly text: string;
  readonly pieces: readonly Piece[];
  /** Where a code unit of the rendered text comes from: its place in the source, or that of the action that wrote it. */
  readonly toSource: (offset: number) => number;
  /** The piece that holds a code unit, with the index at which it starts; undefined behind the last. */
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
