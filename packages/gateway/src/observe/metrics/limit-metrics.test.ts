import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { createCircuitMetrics } from './circuit-metrics.ts';
import { readTokenEndpoints } from './endpoint-metrics.ts';
import { parseExposition } from './exposition.testkit.ts';
import { createKeySetMetrics } from './key-set-metrics.ts';
import type { SeriesByName } from './series.ts';
import { writeText } from './text.ts';

const seen = (series: SeriesByName) => parseExposition(writeText({ series }));

describe('metrics of endpoints', () => {
  const url = 'https://user:s3cret@auth.example.com/token?key=s3cret';

  it('merge endpoints of one URL, and show it without user, password and query', () => {
    const text = seen(
      readTokenEndpoints(() => [
        { url, use: 'token', isOpen: false, inFlight: 2, waiting: 0 },
        { url, use: 'token', isOpen: true, inFlight: 1, waiting: 3 },
        { url, use: 'introspection', isOpen: false, inFlight: 7, waiting: 0 },
      ]),
    );
    const endpoint = 'https://auth.example.com/token';
    expect(text.sum('grantgate_token_endpoint_circuit_open', { endpoint, use: 'token' })).toBe(1);
    expect(text.sum('grantgate_token_endpoint_requests_in_flight', { endpoint, use: 'token' })).toBe(3);
    expect(text.sum('grantgate_token_endpoint_requests_in_flight', { endpoint, use: 'introspection' })).toBe(
      7,
    );
    expect(text.sum('grantgate_token_endpoint_requests_waiting', { endpoint, use: 'token' })).toBe(3);
    expect(text.samples.size).toBe(6);
  });
});

describe('metrics of key sets', () => {
  const url = 'https://auth.example.com/jwks?tenant=1';
  const keyset = 'https://auth.example.com/jwks';
  const obtained = { kind: 'obtained', url, keys: 3, problems: [] } as const;
  const failed = { kind: 'failed', url, detail: '', isFirst: true, keys: 2, nextTryInMs: 1 } as const;

  it('show when the server last had the keys in use', async () => {
    const clock = createFakeClock();
    const metrics = createKeySetMetrics(clock);
    const source = {};
    const name = 'grantgate_key_set_refreshed_timestamp_seconds';
    const refreshedAt = () => seen(metrics.read()).sum(name, { keyset });
    metrics.listen({ source, event: { ...failed, keys: 0 } });
    expect(writeText({ series: metrics.read() })).not.toContain(name);
    metrics.listen({ source, event: obtained });
    const begun = clock.now() / 1000;
    expect(refreshedAt()).toBe(begun);
    await clock.advance(60_000);
    metrics.listen({ source, event: failed });
    expect(refreshedAt()).toBe(begun);
    metrics.listen({ source, event: { kind: 'refreshed', url, keys: 3 } });
    expect(refreshedAt()).toBe(begun + 60);
    // The oldest keys that a middleware uses.
    await clock.advance(60_000);
    metrics.listen({ source: {}, event: obtained });
    expect(refreshedAt()).toBe(begun + 60);
  });

  it('show the last result, and the keys in use', () => {
    const metrics = createKeySetMetrics(createFakeClock());
    const source = {};
    metrics.listen({ source, event: obtained });
    expect(seen(metrics.read()).sum('grantgate_key_set_up', { keyset })).toBe(1);
    expect(seen(metrics.read()).sum('grantgate_key_set_keys', { keyset })).toBe(3);
    metrics.listen({ source, event: failed });
    expect(seen(metrics.read()).sum('grantgate_key_set_up', { keyset })).toBe(0);
    expect(seen(metrics.read()).sum('grantgate_key_set_keys', { keyset })).toBe(2);
  });

  it('show the worst state of the middlewares that use one key set, and drop removed ones', () => {
    const metrics = createKeySetMetrics(createFakeClock());
    const [old, next] = [{}, {}];
    metrics.listen({ source: old, event: failed });
    metrics.listen({ source: next, event: obtained });
    expect(seen(metrics.read()).sum('grantgate_key_set_up')).toBe(0);
    metrics.listen({ source: old, event: undefined });
    expect(seen(metrics.read()).sum('grantgate_key_set_up', { keyset })).toBe(1);
    metrics.listen({ source: next, event: undefined });
    expect(writeText({ series: metrics.read() })).toBe('');
  });
});

describe('metrics of circuit breakers', () => {
  it('include only breakers of the current configuration', () => {
    const metrics = createCircuitMetrics();
    let isOpen = false;
    metrics.configure(
      new Map([
        ['breaker@file', { readCircuit: () => ({ state: isOpen ? 'open' : 'closed', leftMs: undefined }) }],
        ['auth@file', {}],
      ]),
    );
    const name = 'grantgate_circuit_breaker_open';
    expect(seen(metrics.read()).sum(name, { middleware: 'breaker@file' })).toBe(0);
    isOpen = true;
    expect(seen(metrics.read()).sum(name, { middleware: 'breaker@file' })).toBe(1);
    expect(seen(metrics.read()).samples.size).toBe(1);
    metrics.configure(new Map());
    expect(writeText({ series: metrics.read() })).toBe('');
  });
});
