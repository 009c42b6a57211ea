import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MetricsView } from '../../config/metrics-config.ts';
import { parseInstall } from '../../config/parse-install.ts';
import type { RequestRecord } from '../../pipeline/record.ts';
import { gatewayRefusals } from '../../pipeline/refusals.ts';
import { createFacts } from '../../routing/facts.testkit.ts';
import type { ConfigurationLabels } from './configuration-labels.ts';
import { parseExposition, type Exposition } from './exposition.testkit.ts';
import { createRequestMetrics } from './request-metrics.ts';
import { writeText } from './text.ts';

const record = (changes: Partial<RequestRecord> = {}, method = 'GET', entryPoint = 'web'): RequestRecord => ({
  facts: createFacts({ method, entryPoint }),
  requestId: 'req-1',
  startedAt: 0,
  startedMonotonic: 0,
  requestBytes: 0,
  durationMs: 12.5,
  originDurationMs: 10,
  status: 200,
  originStatus: 200,
  originBytes: 0,
  downstreamBytes: 0,
  httpVersion: '1.1',
  routerName: 'api@file',
  serviceName: 'orders@file',
  serverUrl: 'http://10.0.0.1:8080/base',
  clientUsername: undefined,
  refusal: undefined,
  originFault: undefined,
  retryAttempts: 0,
  ...changes,
});
const configured = (changes: Partial<ConfigurationLabels> = {}): ConfigurationLabels => ({
  routers: new Map([['api@file', 'orders@file']]),
  broken: 0,
  brokenMiddlewares: [],
  services: ['orders@file'],
  middlewares: ['auth@file'],
  stores: [],
  issuers: [],
  faulty: false,
  ...changes,
});
const all: MetricsView = { buckets: [0.01, 0.1], byEntryPoint: true, byRouter: true, byService: true };

function start(config: MetricsView = all) {
  const { entryPoints } = parseInstall(
    'entryPoints: { web: { address: ":0" }, forwardAuth: { address: ":0" }, extAuthz: { address: ":0" } }',
    'g.yaml',
  ).config!;
  const metrics = createRequestMetrics(config, entryPoints.values());
  metrics.configure(configured());
  const read = (): Exposition => parseExposition(writeText({ series: metrics.read() }));
  return { ...metrics, read };
}

const requests = 'grantgate_entrypoint_requests_total';

describe('requests', () => {
  it('are counted by entry point, router and service, with their code, method and protocol', () => {
    const metrics = start();
    metrics.count(record());
    metrics.count(
      record({ status: 404, routerName: undefined, serviceName: undefined, serverUrl: undefined }, 'POST'),
    );
    metrics.count(record({ status: 101 }));
    const seen = metrics.read();
    const ok = 'code="200",method="GET",protocol="http"';
    expect(seen.samples.get(`${requests}{entrypoint="web",${ok}}`)).toBe(1);
    expect(seen.samples.get(`${requests}{entrypoint="web",code="404",method="POST",protocol="http"}`)).toBe(
      1,
    );
    expect(
      seen.samples.get(`${requests}{entrypoint="web",code="101",method="GET",protocol="websocket"}`),
    ).toBe(1);
    expect(
      seen.samples.get(`grantgate_router_requests_total{router="api@file",service="orders@file",${ok}}`),
    ).toBe(1);
    expect(seen.samples.get(`grantgate_service_requests_total{service="orders@file",${ok}}`)).toBe(1);
    expect(seen.sum('grantgate_service_requests_total')).toBe(2);
    const durations = 'duration_seconds_sum';
    expect(
      seen.samples.get(
        `grantgate_router_request_${durations}{router="api@file",service="orders@file",${ok}}`,
      ),
    ).toBe(0.0125);
    expect(seen.samples.get(`grantgate_service_request_${durations}{service="orders@file",${ok}}`)).toBe(
      0.01,
    );
  });

  it('with an unknown method or status share one label', () => {
    const metrics = start();
    for (const method of ['PROPFIND', 'get', 'X"Y', '__proto__', 'constructor'])
      metrics.count(record({}, method));
    for (const status of [0, 99, 600, 999]) metrics.count(record({ status }));
    const seen = metrics.read();
    expect(seen.sum(requests, { method: 'EXTENSION_METHOD' })).toBe(5);
    expect(seen.sum(requests, { code: 'other' })).toBe(4);
    expect([...seen.samples.keys()].filter((key) => key.startsWith(requests))).toHaveLength(2);
  });

  it('are counted in the right bucket, bounds included', () => {
    const durations = fc.array(
      fc.oneof(fc.constantFrom(0, 10, 100), fc.double({ min: 0, max: 300, noNaN: true })),
      {
        maxLength: 30,
      },
    );
    fc.assert(
      fc.property(durations, (each) => {
        const metrics = start();
        for (const durationMs of each) metrics.count(record({ durationMs }));
        if (each.length === 0) return;
        const seen = metrics.read();
        const name = 'grantgate_entrypoint_request_duration_seconds';
        for (const [le, boundMs] of [
          ['0.01', 10],
          ['0.1', 100],
          ['+Inf', Infinity],
        ] as const)
          expect(seen.sum(`${name}_bucket`, { le })).toBe(each.filter((ms) => ms <= boundMs).length);
        expect(seen.sum(`${name}_sum`)).toBeCloseTo(
          each.reduce((sum, ms) => sum + ms / 1000, 0),
          6,
        );
        expect(seen.sum(requests)).toBe(each.length);
      }),
      { numRuns: 50 },
    );
  });

  it('are not counted in metrics that are turned off', () => {
    const metrics = start({ ...all, byEntryPoint: false, byRouter: false, byService: false });
    metrics.count(record());
    metrics.count(record({ refusal: gatewayRefusals.upstream_refused, status: 502 }));
    expect([...metrics.read().samples.keys()]).toEqual([
      'grantgate_refusals_total{code="upstream_refused",middleware=""}',
    ]);
  });

  it('of names with quotes, backslashes and line ends are exposed safely', () => {
    const metrics = start();
    const name = 'a"} 1\nevil_total 9\\\r@file';
    metrics.configure(configured({ routers: new Map([[name, 's']]) }));
    metrics.count(record({ routerName: name }));
    const seen = metrics.read();
    expect(seen.types.has('evil_total')).toBe(false);
    expect(seen.sum('grantgate_router_requests_total', { router: name.replace('\r', ' ') })).toBe(1);
  });
});

describe('another configuration', () => {
  it('resets no counter, and drops the series of removed names', () => {
    const metrics = start();
    metrics.configure(
      configured({
        routers: new Map([
          ['api@file', 'orders@file'],
          ['old@file', 'orders@file'],
        ]),
      }),
    );
    metrics.count(record());
    metrics.count(record({ routerName: 'old@file' }));
    metrics.count(record({ refusal: { ...gatewayRefusals.no_route, middleware: 'auth@file' } }));
    metrics.configure(configured());
    metrics.count(record());
    const seen = metrics.read();
    expect(seen.sum('grantgate_router_requests_total')).toBe(3);
    expect(seen.sum('grantgate_router_requests_total', { router: 'old@file' })).toBe(0);
    expect(seen.sum(requests)).toBe(4);
    metrics.configure(configured({ routers: new Map(), services: [], middlewares: [] }));
    // Requests that began earlier end now.
    metrics.count(record({ refusal: { ...gatewayRefusals.upstream_timeout, middleware: 'auth@file' } }));
    const names = new Set(Array.from(metrics.read().samples.keys(), (key) => key.replace(/[{].*/, '')));
    expect([...names].filter((name) => !name.startsWith('grantgate_entrypoint_'))).toEqual([]);
  });

  it('starts a new count for a router whose service changes', () => {
    const metrics = start();
    metrics.count(record());
    metrics.configure(configured({ routers: new Map([['api@file', 'other@file']]) }));
    metrics.count(record());
    const seen = metrics.read();
    expect(seen.sum('grantgate_router_requests_total')).toBe(1);
    expect(seen.sum('grantgate_router_requests_total', { service: 'other@file' })).toBe(1);
  });
});

describe('refused and failed requests', () => {
  it('are counted by code and by the middleware that refused', () => {
    const metrics = start();
    metrics.count(record({ status: 404, refusal: gatewayRefusals.no_route, routerName: undefined }));
    const refusal = {
      ...gatewayRefusals.no_route,
      code: 'claims_not_satisfied',
      middleware: 'auth@file',
    } as const;
    metrics.count(record({ refusal }));
    metrics.count(record({ refusal }));
    const seen = metrics.read();
    expect(seen.samples.get('grantgate_refusals_total{code="no_route",middleware=""}')).toBe(1);
    expect(
      seen.samples.get('grantgate_refusals_total{code="claims_not_satisfied",middleware="auth@file"}'),
    ).toBe(2);
  });

  it('count as a failure of the service without a complete response', () => {
    const metrics = start();
    for (const code of ['upstream_refused', 'upstream_unavailable', 'request_too_large'] as const)
      metrics.count(record({ refusal: gatewayRefusals[code] }));
    metrics.count(record({ originFault: 'the connection was lost' }));
    const seen = metrics.read();
    for (const reason of ['refused', 'unavailable', 'broken_off'])
      expect(seen.sum('grantgate_service_failures_total', { service: 'orders@file', reason })).toBe(1);
    expect(seen.sum('grantgate_service_failures_total')).toBe(3);
  });
});

describe('authorization checks of an external proxy', () => {
  it('are counted by protocol, middleware and verdict, and unknown middlewares without a name', () => {
    const metrics = start();
    const check = { routerName: 'auth@file', serviceName: undefined, serverUrl: undefined };
    metrics.count(record(check, 'GET', 'forwardAuth'));
    metrics.count(record({ ...check, status: 403, refusal: gatewayRefusals.no_route }, 'GET', 'forwardAuth'));
    metrics.count(record({ ...check, status: 499 }, 'GET', 'forwardAuth'));
    metrics.count(record(check, 'GET', 'extAuthz'));
    metrics.count(record({ ...check, routerName: 'nobody' }, 'GET', 'extAuthz'));
    metrics.count(record());
    const seen = metrics.read();
    const of = (protocol: string, middleware: string, verdict: string) =>
      seen.sum('grantgate_external_authorizations_total', { protocol, middleware, verdict });
    for (const verdict of ['allowed', 'refused', 'abandoned'])
      expect(of('forward_auth', 'auth@file', verdict)).toBe(1);
    expect(of('ext_authz', 'auth@file', 'allowed')).toBe(1);
    expect(of('ext_authz', '', 'allowed')).toBe(1);
    expect(seen.sum('grantgate_external_authorizations_total')).toBe(5);
  });
});
