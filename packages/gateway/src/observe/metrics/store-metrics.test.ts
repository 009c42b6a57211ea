import { describe, expect, it } from 'vitest';
import { parseExposition } from './exposition.testkit.ts';
import { createStoreMetrics } from './store-metrics.ts';
import { writeText } from './text.ts';

describe('a store', () => {
  it('is counted by its events, separately from others', () => {
    const metrics = createStoreMetrics();
    metrics.configure(['a:6379', 'b:6379']);
    const [a, b] = ['a:6379', 'b:6379'].map((store) => metrics.listen(store));
    a!({ kind: 'state', ready: true, reason: undefined });
    b!({ kind: 'state', ready: true, reason: undefined });
    b!({ kind: 'state', ready: false, reason: 'refused' });
    a!({ kind: 'operation', operation: 'get', durationMs: 3 });
    a!({ kind: 'failure', operation: 'get', reason: 'no response within 250 ms' });
    a!({ kind: 'unsealed' });
    a!({ kind: 'found', tier: 'store' });
    a!({ kind: 'lock_wait', waitedMs: 70 });
    const seen = parseExposition(writeText({ series: metrics.read() }));
    const of = (name: string, labels: Record<string, string>) => seen.sum(`grantgate_store_${name}`, labels);
    expect(of('up', { store: 'a:6379' })).toBe(1);
    expect(of('up', { store: 'b:6379' })).toBe(0);
    expect(of('operations_total', { store: 'a:6379', operation: 'get', outcome: 'done' })).toBe(1);
    expect(of('operations_total', { store: 'a:6379', operation: 'get', outcome: 'failed' })).toBe(1);
    expect(of('operation_duration_seconds_bucket', { store: 'a:6379', operation: 'get', le: '0.005' })).toBe(
      1,
    );
    expect(of('operation_duration_seconds_sum', { store: 'a:6379' })).toBe(0.003);
    expect(of('unsealed_total', { store: 'a:6379' })).toBe(1);
    expect(of('unsealed_total', { store: 'b:6379' })).toBe(0);
    expect(of('lock_wait_seconds_sum', { store: 'a:6379' })).toBe(0.07);
    expect(of('lock_wait_seconds_bucket', { store: 'a:6379', le: '0.025' })).toBe(0);
  });

  it('that no middleware uses any more is not exposed, whatever it still announces', () => {
    const metrics = createStoreMetrics();
    const listener = metrics.listen('a:6379');
    listener({ kind: 'unsealed' });
    metrics.configure([]);
    listener({ kind: 'unsealed' });
    expect(writeText({ series: metrics.read() })).toBe('');
  });
});
