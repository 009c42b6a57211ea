import { createHistogram } from 'node:perf_hooks';
import type { Clock } from '@grantgate/middleware/base/clock';

/** Measurements that a condition needs. */
export interface ConditionNeeds {
  /** Ranges of status codes to count, each including its first and excluding its second code. */
  readonly codeRanges: readonly CodeRange[];
  readonly latency: boolean;
}

export type CodeRange = readonly [from: number, below: number];

/** Measurements for a condition; their memory does not depend on traffic. */
export interface BreakerMetrics {
  record(status: number, latencyMs: number): void;
  /** Share of requests that ended with 502 or 504; 0 without requests. */
  networkErrorRatio(): number;
  /** Ratio of requests with a status of one range to those of another, by index in `ConditionNeeds.codeRanges`; 0 without any. */
  codeRatio(part: number, whole: number): number;
  /** Whole milliseconds; 0 without requests. @param quantile 0 to 100. */
  latencyAtQuantileMs(quantile: number): number;
  reset(): void;
}

/** As in Traefik: ten counts of a second each... */
const countSeconds = 10;
/** ...and six histograms of ten seconds each, from a microsecond to an hour with two significant figures. */
const histogramCount = 6;
const histogramMs = 10_000;
const histogramRange = { lowest: 1, highest: 3_600_000_000, figures: 2 };

export function createMetrics({ codeRanges, latency }: ConditionNeeds, clock: Clock): BreakerMetrics {
  const total = createRollingCount();
  const networkErrors = createRollingCount();
  const counts = codeRanges.map(([from, below]) => ({ from, below, count: createRollingCount() }));
  const latencies = latency ? createLatencies(clock) : undefined;
  const second = (): number => Math.floor(clock.monotonic() / 1000);
  return {
    record(status, latencyMs) {
      const now = second();
      total.add(now);
      if (status === 502 || status === 504) networkErrors.add(now);
      for (const { from, below, count } of counts) if (status >= from && status < below) count.add(now);
      latencies?.record(latencyMs);
    },
    networkErrorRatio: () => ratio(networkErrors.sum(second()), total.sum(second())),
    codeRatio(part, whole) {
      const now = second();
      return ratio(counts[part]?.count.sum(now) ?? 0, counts[whole]?.count.sum(now) ?? 0);
    },
    latencyAtQuantileMs: (quantile) => latencies?.atQuantileMs(quantile) ?? 0,
    reset() {
      total.reset();
      networkErrors.reset();
      for (const { count } of counts) count.reset();
      latencies?.reset();
    },
  };
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Counts of the last ten seconds, including the current one. */
function createRollingCount() {
  const values = new Float64Array(countSeconds);
  let last = -countSeconds;
  /** Clears the seconds that have passed. */
  const move = (second: number): void => {
    if (second - last >= countSeconds) values.fill(0);
    else for (let gone = last + 1; gone <= second; gone += 1) values[gone % countSeconds] = 0;
    last = second;
  };
  return {
    add(second: number): void {
      move(second);
      values[second % countSeconds] = (values[second % countSeconds] ?? 0) + 1;
    },
    sum(second: number): number {
      move(second);
      return values.reduce((sum, value) => sum + value, 0);
    },
    reset: () => void values.fill(0),
  };
}

/** Latencies of the last minute. */
function createLatencies(clock: Clock) {
  const histograms = Array.from({ length: histogramCount }, () => createHistogram(histogramRange));
  let period = Math.floor(clock.monotonic() / histogramMs);
  const move = (): number => {
    const now = Math.floor(clock.monotonic() / histogramMs);
    for (let gone = Math.max(period, now - histogramCount) + 1; gone <= now; gone += 1)
      histograms[gone % histogramCount]?.reset();
    period = now;
    return now % histogramCount;
  };
  return {
    record(ms: number): void {
      const microseconds = Math.min(Math.max(1, Math.round(ms * 1000)), histogramRange.highest);
      histograms[move()]?.record(microseconds);
    },
    atQuantileMs(quantile: number): number {
      move();
      const merged = createHistogram(histogramRange);
      for (const histogram of histograms) merged.add(histogram);
      return merged.count === 0
        ? 0
        : Math.floor(merged.percentile(Math.min(Math.max(quantile, 1e-9), 100)) / 1000);
    },
    reset() {
      for (const histogram of histograms) histogram.reset();
    },
  };
}
