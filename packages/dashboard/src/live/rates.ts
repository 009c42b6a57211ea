/** Increases of counters in the last seconds, one value a second, the oldest first. */
export interface RateSeries {
  /** Adds the value of a counter at a time, in milliseconds. */
  readonly record: (counter: string, total: number, at: number) => void;
  /** Increase in each second before `at`, as far back as the counter is known. */
  readonly values: (counter: string, at: number) => readonly number[];
}

/** An increase happened after the previous event: the gateway sends one event a second when something changes. */
const longestInterval = 1_000;

interface CounterHistory {
  readonly since: number;
  total: number;
  at: number;
  /** Increase by second of the epoch. */
  readonly increases: Map<number, number>;
}

/**
 * Computes rates of counters that only increase. An increase is spread over the time since the previous reading, so that irregular
 * events cause no steps. A counter that decreases has been restarted, and starts again at zero.
 */
export function createRateSeries(seconds: number): RateSeries {
  const counters = new Map<string, CounterHistory>();
  const spread = (history: CounterHistory, increase: number, at: number): void => {
    const from = Math.max(history.at, at - longestInterval);
    const length = Math.max(1, at - from);
    for (let second = Math.floor(from / 1000); second <= Math.floor((at - 1) / 1000); second++) {
      const share = (Math.min(at, (second + 1) * 1000) - Math.max(from, second * 1000)) / length;
      history.increases.set(second, (history.increases.get(second) ?? 0) + increase * share);
    }
    for (const second of history.increases.keys())
      if (second < Math.floor(at / 1000) - seconds - 1) history.increases.delete(second);
  };
  const values = (counter: string, at: number): readonly number[] => {
    // The current second is incomplete and would look like a drop.
    const last = Math.floor(at / 1000) - 1;
    const history = counters.get(counter);
    if (history === undefined) return [];
    const length = Math.max(0, Math.min(seconds, last - Math.floor(history.since / 1000) + 1));
    return Array.from({ length }, (_, index) => history.increases.get(last - length + 1 + index) ?? 0);
  };
  return {
    record(counter, total, at) {
      const history = counters.get(counter);
      if (history === undefined) {
        counters.set(counter, { since: at, total, at, increases: new Map() });
        return;
      }
      if (total > history.total) spread(history, total - history.total, at);
      history.total = total;
      history.at = at;
    },
    values,
  };
}
