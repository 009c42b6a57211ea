import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createCollection } from './collection.ts';
import type { Readings } from './readings.ts';

const readings: Readings = {
  series: {},
  current: { router: [], service: [], middleware: [], store: [], issuer: [] },
};

describe('a collection of metrics', () => {
  it('asks again when it found no process', async () => {
    const collection = createCollection<string>(createFakeClock());
    expect(await collection.collect([], () => {})).toEqual({ readings: [], late: 0 });
    const collected = collection.collect(['a'], (process) => collection.take(process, readings));
    expect(await collected).toEqual({ readings: [readings], late: 0 });
  });

  it('returns the same result to concurrent calls', async () => {
    const collection = createCollection<string>(createFakeClock());
    const first = collection.collect(['a'], () => {});
    expect(collection.collect(['a'], () => {})).toBe(first);
    collection.take('a', readings);
    expect((await first).readings).toEqual([readings]);
  });
});
