/** Quantiles of durations, in milliseconds. */
export interface LatencyView {
  p50: number;
  p90: number;
  p99: number;
  max: number;
  samples: number;
}

/** @returns null without durations. */
export function toLatency(durationsMs: readonly number[]): LatencyView | null {
  if (durationsMs.length === 0) return null;
  const sorted = [...durationsMs].sort((a, b) => a - b);
  const at = (part: number): number =>
    Math.round((sorted[Math.min(sorted.length - 1, Math.ceil(part * sorted.length) - 1)] ?? 0) * 10) / 10;
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1), samples: sorted.length };
}
