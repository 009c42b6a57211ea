import type { Place } from '../../config/place.ts';
import { toColumn } from '../../config/place.ts';
import type { RenderedText } from '../../template/rendered-text.ts';

/** Positions in a source file of rendered text. */
export interface SourcePlaces {
  /** Maps a position in the rendered text to the source. */
  readonly toSource: (place: Place) => Place;
  /** Index of a position in the rendered text. */
  readonly toOffset: (place: Place) => number;
}

export function createSourcePlaces(source: string, rendered: RenderedText): SourcePlaces {
  // Computed lazily, because most files have no problems.
  let lines: { readonly source: readonly number[]; readonly rendered: readonly number[] } | undefined;
  const linesOf = (): NonNullable<typeof lines> =>
    (lines ??= { source: findLines(source), rendered: findLines(rendered.text) });
  const toOffset = ({ line, column }: Place): number => {
    const start = linesOf().rendered[line - 1] ?? rendered.text.length;
    return (
      start +
      Array.from(rendered.text.slice(start, start + 2 * column))
        .slice(0, column - 1)
        .join('').length
    );
  };
  return {
    toOffset,
    toSource: (place) =>
      place.line === 0
        ? place
        : { ...place, ...toPosition(source, linesOf().source, rendered.toSource(toOffset(place))) },
  };
}

/** Line and column of an index, in the form of a `Place`. */
export function positionIn(source: string, offset: number): Pick<Place, 'line' | 'column'> {
  return toPosition(source, findLines(source), offset);
}

function toPosition(
  source: string,
  lines: readonly number[],
  offset: number,
): Pick<Place, 'line' | 'column'> {
  let [low, high] = [0, lines.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((lines[middle] ?? 0) <= offset) low = middle + 1;
    else high = middle;
  }
  return { line: low, column: toColumn(source, lines[low - 1] ?? 0, offset) };
}

/** Indexes of line starts. */
function findLines(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
