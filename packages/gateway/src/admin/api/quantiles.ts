import type { RequestNumbers } from './process-source.ts';
import type { RouterFigures } from './shapes.ts';

/** Quantiles of durations in buckets, interpolated within a bucket; the last bound for those above every bound. Null without requests. */
export function toDurations(all: readonly RequestNumbers[]): RouterFigures['durationMs'] {
  const [first] = all;
  if (first === undefined) return null;
  const { boundsMs } = first;
  const counts = [...boundsMs.map(() => 0), 0];
  for (const { durations } of all)
    for (const [at, count] of durations.entries()) counts[at] = (counts[at] ?? 0) + count;
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const quantile = (part: number): number => {
    const rank = part * total;
    let before = 0;
    for (const [at, count] of counts.entries()) {
      const bound = boundsMs[at];
      if (bound === undefined) break;
      if (before + count >= rank) {
        const low = boundsMs[at - 1] ?? 0;
        return Math.round((low + ((bound - low) * (rank - before)) / count) * 100) / 100;
      }
      before += count;
    }
    return boundsMs.at(-1) ?? 0;
  };
  return { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99) };
}
