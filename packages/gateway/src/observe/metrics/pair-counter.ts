/** Counts by pairs of names; adding to a known pair allocates nothing. */
export interface PairCounter {
  /** @param by default: 1. */
  add(first: string, second: string, by?: number): void;
  /** Drops all other pairs. */
  keep(isKept: (first: string, second: string) => boolean): void;
  entries(): readonly (readonly [first: string, second: string, count: number])[];
}

export function createPairCounter(): PairCounter {
  const counts = new Map<string, Map<string, { value: number }>>();
  return {
    add(first, second, by = 1) {
      let seconds = counts.get(first);
      if (seconds === undefined) counts.set(first, (seconds = new Map<string, { value: number }>()));
      const count = seconds.get(second);
      if (count === undefined) seconds.set(second, { value: by });
      else count.value += by;
    },
    keep(isKept) {
      for (const [first, seconds] of counts)
        for (const second of seconds.keys()) if (!isKept(first, second)) seconds.delete(second);
    },
    entries: () =>
      Array.from(counts).flatMap(([first, seconds]) =>
        Array.from(seconds, ([second, { value }]) => [first, second, value] as const),
      ),
  };
}
