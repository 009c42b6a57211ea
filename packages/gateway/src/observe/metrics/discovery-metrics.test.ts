import { expect, it } from 'vitest';
import { createDiscoveryMetrics } from './discovery-metrics.ts';
import { parseExposition } from './exposition.testkit.ts';
import { writeText } from './text.ts';

it('discoveries are counted by issuer and outcome, failing issuers are marked, and removed ones are dropped', () => {
  const metrics = createDiscoveryMetrics();
  const seen = () => parseExposition(writeText({ series: metrics.read() }));
  const count = (labels: Record<string, string>) => seen().sum('grantgate_issuer_discoveries_total', labels);
  const up = (issuer: string) => seen().sum('grantgate_issuer_up', { issuer });
  const [a, b] = ['https://a.example', 'https://b.example'];
  const failed = { kind: 'failed', reason: 'timeout', detail: '', isFirst: true, tokenEndpoint: undefined, nextTryInMs: 1 } as const;
  const discovered = { kind: 'discovered', tokenEndpoint: '', previousTokenEndpoint: undefined } as const;
  metrics.configure([a, b, a]);
  metrics.listen({ ...discovered, issuer: a });
  metrics.listen({ ...failed, issuer: b });
  metrics.listen({ ...failed, issuer: 'https://gone.example' });
  expect([up(a), up(b)]).toEqual([1, 0]);
  metrics.listen({ ...discovered, issuer: b });
  metrics.listen({ kind: 'recovered', issuer: b, failures: 1, lastedMs: 1 });
  expect(up(b)).toBe(1);
  expect([count({ issuer: a, outcome: 'success' }), count({ issuer: b, outcome: 'timeout' }), count({})]).toEqual([1, 1, 3]);
  metrics.configure([a]);
  expect(count({})).toBe(1);
  expect(seen().sum('grantgate_issuer_up', {})).toBe(1);
}); // prettier-ignore
