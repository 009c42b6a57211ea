import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Readings, Series } from '../../workers/readings.ts';
import { findDecreases, parseExposition, type Exposition } from './exposition.testkit.ts';
import { createLedger } from './ledger.ts';
import { writeText } from './text.ts';

const current = { router: ['a@file'], service: [], middleware: [], store: [], issuer: [] };
const requests = 'grantgate_router_requests_total';
const durations = 'grantgate_router_request_duration_seconds';

/** Counts of a worker after that many requests of a router. */
function readings(count: number, router = 'a@file', bounds: readonly number[] = [1]): Readings {
  const labels = `router="${router}",service="s",code="200",method="GET",protocol="http"`;
  const of = router;
  const counts = [...bounds.map(() => 0), count];
  const series = (value: number, more: Partial<Series> = {}): Series => ({ labels, of, value, ...more });
  return {
    series: {
      [requests]: [series(count)],
      [durations]: [series(count * 2, { buckets: { bounds, counts } })],
      grantgate_store_up: [{ labels: 'store="s"', of: 's', value: Number(count % 2 === 0) }],
      process_resident_memory_bytes: [{ labels: 'worker="1"', of: undefined, value: 10 }],
    },
    current: { ...current, router: [router] },
  };
}
const write = async (series: ReturnType<ReturnType<typeof createLedger>['total']>): Promise<Exposition> =>
  parseExposition(writeText({ series: await series }));

describe('the sum over workers', () => {
  it('adds up counters and histograms, and takes the worst or the sum of gauges', async () => {
    const seen = await write(createLedger().total([readings(3), readings(4)]));
    expect(seen.sum(requests)).toBe(7);
    expect(seen.sum(`${durations}_count`)).toBe(7);
    expect(seen.sum(`${durations}_sum`)).toBe(14);
    expect(seen.sum('grantgate_store_up')).toBe(0);
    expect(seen.sum('process_resident_memory_bytes')).toBe(20);
  });

  it('never decreases, and misses nothing, whatever workers do', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('count' as const), worker: fc.nat(3), by: fc.nat(5) }),
      fc.record({ kind: fc.constant('end' as const), worker: fc.nat(3) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const ledger = createLedger();
        const counts = [0, 0, 0, 0];
        let all = 0;
        let before = await write(ledger.total(counts.map((count) => readings(count))));
        for (const one of steps) {
          if (one.kind === 'count') {
            counts[one.worker]! += one.by;
            all += one.by;
          } else {
            ledger.end(readings(counts[one.worker]!));
            counts[one.worker] = 0;
          }
          const now = await write(ledger.total(counts.map((count) => readings(count))));
          expect(findDecreases(before, now)).toEqual([]);
          expect(now.sum(requests)).toBe(all);
          expect(now.sum(`${durations}_count`)).toBe(all);
          expect(now.sum('process_resident_memory_bytes')).toBe(40);
          before = now;
        }
      }),
      { numRuns: 40 },
    );
  });

  it('drops the counts of an exited worker for a router that no worker has any more', async () => {
    const ledger = createLedger();
    ledger.end(readings(3));
    expect((await write(ledger.total([readings(1, 'b@file')]))).sum(requests)).toBe(1);
    // Permanently: a later router with that name starts at zero.
    expect((await write(ledger.total([readings(1)]))).sum(requests)).toBe(1);
  });

  it('keeps all counts while no worker responds', async () => {
    const ledger = createLedger();
    ledger.end(readings(3));
    await ledger.total([]);
    expect((await write(ledger.total([readings(1)]))).sum(requests)).toBe(4);
  });

  it('starts from zero in new buckets when the bounds change', async () => {
    const ledger = createLedger();
    ledger.end(readings(3));
    const seen = await write(ledger.total([readings(2, 'a@file', [1, 5])]));
    expect(seen.sum(requests)).toBe(5);
    expect(seen.sum(`${durations}_count`)).toBe(2);
    expect(seen.sum(`${durations}_bucket`, { le: '5' })).toBe(0);
  });
});
