import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startEchoServer, valuesOf, type EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { sendRequest } from '../conformance/send-request.testkit.ts';
import { startExample } from './beside.testkit.ts';
import { proxies, type Proxy, type ProxyName } from './beside-proxies.testkit.ts';
import type { ReceivedSpan } from './otlp-messages.testkit.ts';
import { openOtlpStage } from './otlp-stage.testkit.ts';

const boss = `Basic ${Buffer.from('boss:boss-secret').toString('base64')}`;
const caller = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };
const traceparent = `00-${caller.traceId}-${caller.spanId}-01`;

let server: AuthorizationServer;
let service: EchoServer;
const stage = openOtlpStage();
beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: [{ clientId: 'boss', clientSecret: 'boss-secret', claims: { grp: 'admin' } }],
  });
  service = await startEchoServer();
});
afterAll(async () => {
  await service.close();
  await server.close();
});

/** Envoy exports to the same collector as the gateway. */
const envoyTracing = (port: number): string => `
                tracing:
                  provider:
                    name: envoy.tracers.opentelemetry
                    typed_config:
                      '@type': type.googleapis.com/envoy.config.trace.v3.OpenTelemetryConfig
                      service_name: envoy
                      http_service: { http_uri: { uri: "http://127.0.0.1:${port}/v1/traces", cluster: collector, timeout: 5s } }`;
const envoyCollector = (port: number): string => `
    - name: collector
      load_assignment:
        cluster_name: collector
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${port} } } }`;
/** Otherwise Envoy waits for five spans, or five seconds. */
const envoyFlushes = `
layered_runtime: { layers: [{ name: tests, static_layer: { tracing.opentelemetry.min_flush_spans: 1 } }] }
`;

/** Sends one request with the example's proxy, and returns the spans of both. */
async function visit(
  { example, command }: Proxy,
  headers: readonly string[],
): Promise<readonly ReceivedSpan[]> {
  const { port } = stage.receiver;
  const beside = await startExample({
    example,
    command,
    servicePort: service.port,
    change: (name, text) => {
      const here = text.replaceAll('https://tenant.auth0.com/oauth/token', server.url);
      if (name === 'grantgate.yaml')
        return `${here}\ntracing: { otlp: { http: { endpoint: "http://127.0.0.1:${port}" } } }\n`;
      if (!name.startsWith('envoy')) return here;
      return here
        .replace(/\n +stat_prefix: web/, (line) => line + envoyTracing(port))
        .replace(/\n {2}clusters:/, (line) => line + envoyCollector(port))
        .concat(envoyFlushes);
    },
  });
  const { status } = await sendRequest(beside.url, {
    path: '/orders/1',
    headers: ['Authorization', boss, ...headers],
  });
  expect(status).toBe(200);
  if (example === 'beside-envoy')
    await until(
      () => stage.receiver.spans.some((span) => isOf(span, 'envoy') && span.kind === 2),
      () => 'the span of Envoy',
    );
  await beside.close();
  return stage.receiver.spans;
}

const isOf = ({ resource }: ReceivedSpan, name: string): boolean => resource['service.name'] === name;
const only = (spans: readonly ReceivedSpan[]): ReceivedSpan => {
  expect(spans).toHaveLength(1);
  return spans[0]!;
};

const checks = (spans: readonly ReceivedSpan[]): ReceivedSpan =>
  only(spans.filter((span) => isOf(span, 'grantgate') && span.kind === 2));

describe.each(
  (['Envoy, over HTTP', 'Envoy, over gRPC'] satisfies ProxyName[]).flatMap((name) => {
    const proxy = proxies[name];
    return proxy === undefined ? [] : [[name, proxy] as const];
  }),
)('an authorization check of %s', (_name, proxy) => {
  it.each([
    ['that it starts', [], /^[0-9a-f]{32}$/],
    ['of the caller', ['traceparent', traceparent], caller.traceId],
  ])('belongs to the trace %s, below a span of Envoy', async (_whose, headers, traceId) => {
    const spans = await visit(proxy, headers);
    const check = checks(spans);
    const ofEnvoy = spans.filter((span) => isOf(span, 'envoy'));
    expect(ofEnvoy.map(({ spanId }) => spanId)).toContain(check.parentSpanId);
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([check.traceId]));
    expect(check.traceId).toMatch(traceId);
    const step = only(spans.filter(({ parentSpanId }) => parentSpanId === check.spanId));
    expect(spans.find(({ name }) => name === 'token request')?.parentSpanId).toBe(step.spanId);
  });
});

describe('an authorization check of nginx', () => {
  it('is below the span of the caller, which the service gets, too', async () => {
    const check = checks(await visit(proxies.nginx!, ['traceparent', traceparent]));
    expect([check.traceId, check.parentSpanId]).toEqual([caller.traceId, caller.spanId]);
    expect(valuesOf(service.received.at(-1)!, 'traceparent')).toEqual([traceparent]);
  });
});
