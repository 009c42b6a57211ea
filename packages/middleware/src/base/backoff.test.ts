import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { backoffDelayMs } from './backoff.ts';

describe('the wait before a retry', () => {
  const almostOne = (): number => 1 - Number.EPSILON;

  test('has an upper bound that doubles with each retry', () => {
    const upper = [0, 1, 2, 3].map((retry) =>
      Math.round(backoffDelayMs(retry, { baseMs: 100, maxMs: 10_000, random: almostOne })),
    );
    expect(upper).toEqual([100, 200, 400, 800]);
  });

  test('is spread over the whole range, so that callers do not return together', () => {
    const options = { baseMs: 100, maxMs: 10_000 };
    expect(backoffDelayMs(1, { ...options, random: () => 0 })).toBe(0);
    expect(backoffDelayMs(1, { ...options, random: () => 0.25 })).toBe(50);
  });

  test('never exceeds its limit, however many retries went before', () => {
    fc.assert(
      fc.property(
        fc.nat(5000),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (retry, part) => {
          const delay = backoffDelayMs(retry, { baseMs: 100, maxMs: 2000, random: () => part });
          expect(delay).toBeGreaterThanOrEqual(0);
          expect(delay).toBeLessThan(2000);
        },
      ),
    );
  });

  test('is random unless a source is given', () => {
    const delays = new Set(Array.from({ length: 20 }, () => backoffDelayMs(3, { baseMs: 100, maxMs: 2000 })));
    expect(delays.size).toBeGreaterThan(1);
  });
});
