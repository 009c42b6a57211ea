import { expect, it } from 'vitest';
import { duration, parseDurationMs } from './duration.ts';

it.each<[string | number, number | undefined]>([
  ['30s', 30_000],
  ['1m30s', 90_000],
  ['1.5h', 5_400_000],
  ['500ms', 500],
  ['250us', 0.25],
  ['45', 45_000],
  [45, 45_000],
  ['0', 0],
  ['', undefined],
  ['s', undefined],
  ['-1s', undefined],
  [-1, undefined],
  [1.5, undefined],
  ['1 s', undefined],
  ['1d', undefined],
  ['1s2', undefined],
])('%j means %j milliseconds', (written, ms) => {
  expect(parseDurationMs(written)).toBe(ms);
});

it('a duration beyond the range of timers is rejected', () => {
  expect(duration.safeParse('596h').success).toBe(true);
  expect(duration.safeParse('597h').success).toBe(false);
});
