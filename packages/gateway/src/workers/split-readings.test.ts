import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createCollection } from './collection.ts';
import type { Readings } from './readings.ts';
import { joinReadings, splitReadings } from './split-readings.ts';

const createReadings = (...counts: readonly number[]): Readings => ({
  series: Object.fromEntries(
    counts.map((count, name) => [
      `metric_${name}`,
      Array.from({ length: count }, (_, at) => ({ labels: `n="${at}"`, of: `r${at}`, value: at })),
    ]),
  ),
  current: { router: ['r1@file'], service: [], middleware: [], store: [], issuer: [] },
});

describe('split readings', () => {
  it.each([
    [[], 1],
    [[0, 3], 1],
    [[2_000], 1],
    [[1_999, 2], 2],
    [[4_100, 0, 1_900], 3],
  ])('of %j series are %i messages, which join to the same', (counts, messages) => {
    const readings = createReadings(...counts);
    const parts = splitReadings(readings);
    expect(parts).toHaveLength(messages);
    const sizes = parts.map(({ series }) =>
      Object.values(series).reduce((sum, { length }) => sum + length, 0),
    );
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2_000);
    expect(parts.reduce(joinReadings)).toEqual(readings);
  });

  it('count as one report when the last part has arrived', async () => {
    const collection = createCollection<string>(createFakeClock());
    const collected = collection.collect(['one'], () => {});
    const readings = createReadings(5_000);
    const parts = splitReadings(readings);
    parts.forEach((part, at) => collection.take('one', part, at < parts.length - 1));
    expect(await collected).toEqual({ readings: [readings], late: 0 });
    // A worker that exits in the middle of a report contributes its last complete one.
    collection.take('one', parts[0]!, true);
    expect(collection.end('one')).toEqual(readings);
  });
});
