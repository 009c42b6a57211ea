import type { Series } from '../../workers/readings.ts';

/**
 * Observations of one series of a histogram: a number for each bucket, one for those above every bound, and the sum. Flat, so
 * that an observation allocates nothing.
 */
export type Distribution = Float64Array;

/** @param bounds as many as `observe` is called with. */
export const createDistribution = (bounds: readonly number[]): Distribution =>
  new Float64Array(bounds.length + 2);

/** @param bounds in the unit of `value`; they grow and are few, so they are looked at one after the other. */
export function observe(distribution: Distribution, bounds: readonly number[], value: number): void {
  const { length } = bounds;
  let at = 0;
  while (at < length && value > (bounds[at] ?? 0)) at += 1;
  distribution[at] = (distribution[at] ?? 0) + 1;
  distribution[length + 1] = (distribution[length + 1] ?? 0) + value;
}

export function countOf(distribution: Distribution): number {
  let count = 0;
  for (let at = 0; at < distribution.length - 1; at += 1) count += distribution[at] ?? 0;
  return count;
}

/** @param distribution of milliseconds. @param bounds in seconds, as the series is. */
export function toHistogram(
  labels: string,
  distribution: Distribution,
  bounds: readonly number[],
  of?: string,
): Series {
  const counts = Array.from(distribution.subarray(0, bounds.length + 1));
  return { labels, of, value: (distribution[bounds.length + 1] ?? 0) / 1000, buckets: { bounds, counts } };
}
