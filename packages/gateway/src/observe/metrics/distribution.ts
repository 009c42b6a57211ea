import type { Series } from '../../workers/readings.ts';

/** Observations of one series of a histogram. */
export interface Distribution {
  /** For each bucket, the observations that are in no smaller one; the last bucket has those above every bound. */
  readonly counts: number[];
  /** Milliseconds. */
  sumMs: number;
}

/** @param bounds as many as `observe` is called with. */
export const createDistribution = (bounds: readonly number[]): Distribution => ({
  counts: [...bounds.map(() => 0), 0],
  sumMs: 0,
});

/** Bounds in milliseconds, for `observe`. @param bounds in seconds. */
export const toBoundsMs = (bounds: readonly number[]): readonly number[] =>
  bounds.map((seconds) => {
    const ms = seconds * 1000;
    // Rounded values are small integers for the engine, which compares them without allocating an object.
    return Number.isInteger(ms) ? Math.round(ms) : ms;
  });

/** Adds one observation without an allocation. @param boundsMs ascending and few, because they are compared one after the other. */
export function observe(distribution: Distribution, boundsMs: readonly number[], durationMs: number): void {
  const { counts } = distribution;
  const { length } = boundsMs;
  let at = 0;
  while (at < length && durationMs > (boundsMs[at] ?? 0)) at += 1;
  counts[at] = (counts[at] ?? 0) + 1;
  distribution.sumMs += durationMs;
}

export const countOf = ({ counts }: Distribution): number => counts.reduce((sum, count) => sum + count, 0);

/** Moves all observations to another one with the same bounds. */
export function moveObservations(from: Distribution, to: Distribution): void {
  from.counts.forEach((count, index) => (to.counts[index] = (to.counts[index] ?? 0) + count));
  from.counts.fill(0);
  to.sumMs += from.sumMs;
  from.sumMs = 0;
}

/** @param bounds in seconds, as the series is. */
export const toHistogram = (
  labels: string,
  { counts, sumMs }: Distribution,
  bounds: readonly number[],
  of?: string,
): Series => ({ labels, of, value: sumMs / 1000, buckets: { bounds, counts: [...counts] } });
