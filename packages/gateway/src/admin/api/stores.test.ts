import { describe, expect, it } from 'vitest';
import type { StoreNumbers } from './process-source.ts';
import { storeShape } from './store-shape.ts';
import { mergeStores } from './stores.ts';

const createNumbers = (change: Partial<StoreNumbers> = {}): StoreNumbers => ({
  ...{ name: 'redis:6379', topology: 'single', masterSet: undefined, database: 0, tls: false },
  ...{ middlewares: ['auth@file'], ready: true, since: 1_000, reason: undefined },
  ...{ operations: 2, failures: 1, unsealed: 1, lastSuccessAt: 5_000, lastFailure: undefined },
  durationsMs: [1, 3],
  ...change,
});

const merge = (...readings: StoreNumbers[][]) => mergeStores(readings).map((view) => storeShape.parse(view));

describe('a store of several workers', () => {
  it('is unavailable if one of them cannot reach it, since the first one could not', () => {
    const away = { ready: false, reason: 'connection refused' };
    const [view] = merge(
      [createNumbers()],
      [createNumbers({ ...away, since: 4_000 })],
      [createNumbers({ ...away, since: 3_000, durationsMs: [9] })],
    );
    expect(view).toMatchObject({
      ...{ status: 'unavailable', reason: 'connection refused', since: '1970-01-01T00:00:03.000Z' },
      workers: { total: 3, unavailable: 2 },
      ...{ operations: 6, failures: 3, invalidEntries: 3 },
      latencyMs: { p50: 3, max: 9, samples: 5 },
    });
  });

  it('fails while the last operation of one of them failed', () => {
    const lastFailure = { at: 6_000, operation: 'set', reason: 'out of memory' };
    const failed = createNumbers({ lastFailure });
    expect(merge([createNumbers()], [failed])).toMatchObject([
      { status: 'failing', lastFailure: { ...lastFailure, at: '1970-01-01T00:00:06.000Z' } },
    ]);
    expect(merge([{ ...failed, lastSuccessAt: 6_000 }])).toMatchObject([{ status: 'available' }]);
  });

  it('is unknown until one has tried to connect', () => {
    const connecting = createNumbers({ ready: undefined, since: undefined, durationsMs: [] });
    expect(merge([connecting])).toMatchObject([{ status: 'unknown', since: null, latencyMs: null }]);
    expect(merge([connecting], [createNumbers()])).toMatchObject([{ status: 'available' }]);
  });

  it('is separate from other stores, and unavailable ones come first', () => {
    const all = [createNumbers(), createNumbers({ database: 1 }), createNumbers({ name: 'z', ready: false })];
    expect(merge(all).map(({ name, database }) => [name, database])).toEqual([
      ['z', 0],
      ['redis:6379', 0],
      ['redis:6379', 1],
    ]);
  });
});
