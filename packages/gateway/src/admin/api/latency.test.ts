import { expect, it } from 'vitest';
import { toLatency } from './latency.ts';

it('has the quantiles of durations, rounded to tenths of a millisecond', () => {
  expect(toLatency([])).toBeNull();
  expect(toLatency([1.26])).toEqual({ p50: 1.3, p90: 1.3, p99: 1.3, max: 1.3, samples: 1 });
  const durations = Array.from({ length: 100 }, (_, at) => 100 - at);
  expect(toLatency(durations)).toEqual({ p50: 50, p90: 90, p99: 99, max: 100, samples: 100 });
});
