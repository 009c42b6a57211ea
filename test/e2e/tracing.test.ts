import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { request } from 'undici';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer, valuesOf } from '../../packages/testkit/src/echo-server.ts';
import type { SingleRedis } from '../../packages/testkit/src/redis/redis.ts';
import { startSingleRedis } from '../../packages/testkit/src/redis/redis.ts';
import type { TestGateway } from './gateway.testkit.ts';
import type { ReceivedSpan } from './otlp-messages.testkit.ts';
import { openOtlpStage } from './otlp-stage.testkit.ts';

let server: AuthorizationServer;
let upstream: EchoServer;
let redis: SingleRedis;
const stage = openOtlpStage();

const needles = [
  'the-secret-of-ada',
  Buffer.from('ada:the-secret-of-ada').toString('base64'),
  'a-needle-in-a-query',
  'a-needle-without-a-name',
  'a-needle-in-a-header',
  'a-needle-in-a-cookie',
  'a-needle-of-the-collector',
  '0123456789abcdef0123456789abcdef',
];

beforeAll(async () => {
  server = await startAuthorizationServer({
    clients: [{ clientId: 'ada', clientSecret: 'the-secret-of-ada' }],
  });
  upstream = await startEchoServer();
  redis = await startSingleRedis();
});
afterAll(async () => {
  await upstream.close();
  await server.close();
  await redis.close();
});

const routes = () => ({
  'api.yaml': `
http:
  routers:
    api: { rule: "PathPrefix(\`/\`)", middlewares: [callers], service: echo }
    lost: { rule: "PathPrefix(\`/lost\`)", middlewares: [again], service: nowhere }
  middlewares:
    again: { retry: { attempts: 2, initialInterval: 1ms } }
    callers:
      plugin:
        oAuthClientCredentials:
          url: ${server.url}
          store:
            keyPrefix: "gg:"
            secret: urn:env:STORE_SECRET
            redis: { endpoints: ["${redis.server.host}:${redis.server.port}"] }
  services:
    echo: { loadBalancer: { servers: [{ url: "${upstream.url}" }] } }
    nowhere: { loadBalancer: { servers: [{ url: "http://127.0.0.1:1" }] } }
`,
});

async function start(tracing: string, more = ''): Promise<TestGateway> {
  return stage.start({
    routes: routes(),
    env: { STORE_SECRET: '0123456789abcdef0123456789abcdef', KEY: 'a-needle-of-the-collector' },
    install: `
entryPoints:
  web: { address: "127.0.0.1:0", ${more} }
  auth: { address: "127.0.0.1:0", forwardAuth: {} }
accessLog: { format: json }
log: { level: debug }
tracing: { ${tracing} }
`,
  });
}

const viaHttp = (): string => `otlp: { http: { endpoint: "http://127.0.0.1:${stage.receiver.port}" } }`;
const basic = `Basic ${Buffer.from('ada:the-secret-of-ada').toString('base64')}`;
const parent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

async function visit(url: string, headers: Record<string, string> = {}): Promise<number> {
  const { statusCode, body } = await request(url, { headers: { authorization: basic, ...headers } });
  await body.dump();
  return statusCode;
}

/** Closes the gateway, which exports the remaining spans. */
async function spansOf(gateway: TestGateway): Promise<readonly ReceivedSpan[]> {
  await stage.stop(gateway);
  return stage.receiver.spans;
}

const find = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan => {
  const span = spans.find((one) => one.name === name);
  if (span === undefined) throw new Error(`no span ${name} in ${spans.map((one) => one.name).join(', ')}`);
  return span;
};

describe('tracing', () => {
  it('exports a request, its steps, the requests that these send, and the upstream request, as one trace', async () => {
    const gateway = await start(viaHttp());
    expect(await visit(`${gateway.url}/orders?id=7`)).toBe(200);
    const spans = await spansOf(gateway);
    const request = find(spans, 'GET api@file');
    const step = find(spans, 'callers@file');
    const token = find(spans, 'token request');
    const upstreamSpan = spans.find(({ kind, name }) => kind === 3 && name === 'GET')!;
    expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([request.traceId]));
    expect([request.kind, step.kind, token.kind]).toEqual([2, 1, 3]);
    expect(request.parentSpanId).toBe('');
    expect(step.parentSpanId).toBe(request.spanId);
    expect(token.parentSpanId).toBe(step.spanId);
    expect(find(spans, 'redis get').parentSpanId).toBe(step.spanId);
    expect(upstreamSpan.parentSpanId).toBe(request.spanId);
    expect(request.attributes).toMatchObject({
      'http.request.method': 'GET',
      'http.response.status_code': 200,
      'url.path': '/orders',
      'url.query': 'id=REDACTED',
      'url.scheme': 'http',
      'server.address': '127.0.0.1',
      'grantgate.router.name': 'api@file',
      'grantgate.service.name': 'echo@file',
      'grantgate.entrypoint.name': 'web',
    });
    expect(upstreamSpan.attributes).toMatchObject({
      'http.response.status_code': 200,
      'url.full': `${upstream.url}/orders?id=REDACTED`,
    });
    expect(request.resource).toMatchObject({ 'service.name': 'grantgate' });
    expect(request.resource['service.instance.id']).toMatch(/^[0-9a-f-]{36}$/);
    const forwarded = upstream.received.at(-1)!;
    expect(valuesOf(forwarded, 'traceparent')).toEqual([
      `00-${upstreamSpan.traceId}-${upstreamSpan.spanId}-01`,
    ]);
    const line = JSON.parse(gateway.accessLog.lines().at(-1)!) as Record<string, unknown>;
    expect(line).toMatchObject({ TraceId: request.traceId, SpanId: request.spanId });
  });

  it('continues the trace of a caller, and passes its state and baggage on', async () => {
    const gateway = await start(`sampleRate: 0, ${viaHttp()}`);
    await visit(gateway.url, { traceparent: parent, tracestate: 'vendor=1', baggage: 'tenant=a' });
    const forwarded = upstream.received.at(-1)!;
    const request = find(await spansOf(gateway), 'GET api@file');
    expect(request).toMatchObject({
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      parentSpanId: '00f067aa0ba902b7',
      traceState: 'vendor=1',
    });
    expect(valuesOf(forwarded, 'traceparent')).toHaveLength(1);
    expect(valuesOf(forwarded, 'traceparent')[0]).toContain('-4bf92f3577b34da6a3ce929d0e0e4736-');
    expect(valuesOf(forwarded, 'tracestate')).toEqual(['vendor=1']);
    expect(valuesOf(forwarded, 'baggage')).toEqual(['tenant=a']);
  });

  it('exports nothing of an unsampled trace, but forwards its ID', async () => {
    const gateway = await start(`sampleRate: 0, ${viaHttp()}`);
    await visit(gateway.url);
    const [forwarded = ''] = valuesOf(upstream.received.at(-1)!, 'traceparent');
    expect(forwarded).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(JSON.parse(gateway.accessLog.lines().at(-1)!)).toMatchObject({ TraceId: forwarded.slice(3, 35) });
    expect(await spansOf(gateway)).toEqual([]);
  });

  it('starts its own trace for a malformed traceparent, and drops its tracestate', async () => {
    const gateway = await start(viaHttp());
    await visit(gateway.url, { traceparent: `${parent}-more`, tracestate: 'vendor=1' });
    const forwarded = upstream.received.at(-1)!;
    expect(valuesOf(forwarded, 'tracestate')).toEqual([]);
    expect(find(await spansOf(gateway), 'GET api@file').parentSpanId).toBe('');
  });

  it('shows no secret, token or query value, in any byte that it exports', async () => {
    const gateway = await start(
      `capturedRequestHeaders: [Authorization, Cookie, X-Api-Key, X-Plain], capturedResponseHeaders: [Content-Type, Set-Cookie], safeQueryParams: [id, access_token], otlp: { http: { endpoint: "http://127.0.0.1:${stage.receiver.port}", headers: { x-key: "urn:env:KEY" } } }`,
    );
    await visit(
      `${gateway.url}/a?id=7&access_token=a-needle-in-a-query&q=a-needle-in-a-query&a-needle-without-a-name`,
      {
        cookie: 'session=a-needle-in-a-cookie',
        'x-api-key': 'a-needle-in-a-header',
        'x-plain': 'plain',
      },
    );
    await visit(gateway.url, {
      authorization: `Basic ${Buffer.from('ada:a-needle-in-a-header').toString('base64')}`,
    });
    const token = valuesOf(upstream.received.at(-1)!, 'authorization')[0]!.slice('Bearer '.length);
    const spans = await spansOf(gateway);
    const { attributes } = spans.find(({ attributes: found }) => 'http.request.header.x-plain' in found)!;
    expect(attributes).toMatchObject({
      'url.query': 'id=7&access_token=REDACTED&q=REDACTED&REDACTED',
      'http.request.header.authorization': ['REDACTED'],
      'http.request.header.cookie': ['REDACTED'],
      'http.request.header.x-api-key': ['REDACTED'],
      'http.request.header.x-plain': ['plain'],
      'http.response.header.content-type': ['application/json'],
    });
    expect(stage.receiver.headers()['x-key']).toBe('a-needle-of-the-collector');
    const received = stage.receiver.received();
    expect([...needles, token].filter((needle) => received.includes(needle))).toEqual([]);
  });

  it('marks a refusal, and puts its trace ID into the log', async () => {
    const gateway = await start(viaHttp());
    expect(await visit(gateway.url, { authorization: '' })).toBe(401);
    const request = find(await spansOf(gateway), 'GET api@file');
    expect(request.attributes['grantgate.refusal.code']).toBe('credentials_missing');
    expect(request.status).toBe(0);
    const refused = gateway.log.lines().map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(refused.find(({ code }) => code === 'credentials_missing')).toMatchObject({
      traceId: request.traceId,
      spanId: request.spanId,
    });
  });

  it('shows every attempt to reach a server', async () => {
    const gateway = await start(viaHttp());
    expect(await visit(`${gateway.url}/lost`)).toBe(502);
    const spans = await spansOf(gateway);
    const request = find(spans, 'GET lost@file');
    const attempts = spans.filter(({ name, kind }) => name === 'GET' && kind === 3);
    expect(attempts.map(({ status }) => status)).toEqual([2, 2]);
    expect(attempts[1]!.attributes['http.request.resend_count']).toBe(1);
    expect(request.events.map(({ name }) => name)).toEqual(['retry']);
    expect(request.status).toBe(2);
  });

  it('puts an authorization check below the span of the proxy that sent it', async () => {
    const gateway = await start(viaHttp());
    await visit(`${gateway.urlOf('auth')}/forward-auth/callers@file`, { traceparent: parent });
    const check = find(await spansOf(gateway), 'GET callers@file');
    expect(check.parentSpanId).toBe('00f067aa0ba902b7');
    expect(check.attributes['grantgate.entrypoint.name']).toBe('auth');
  });

  it('leaves out entry points with tracing turned off', async () => {
    const gateway = await start(viaHttp(), 'observability: { tracing: false }');
    await visit(gateway.url, { traceparent: parent });
    expect((await spansOf(gateway)).filter(({ kind }) => kind === 2)).toEqual([]);
  });

  it('serves while the collector is lost, and reports that once', async () => {
    stage.receiver.respondWith(400);
    const gateway = await start(viaHttp());
    expect(await visit(gateway.url)).toBe(200);
    await spansOf(gateway);
    const lost = gateway.log.lines().filter((line) => line.includes('export failed'));
    expect(lost).toHaveLength(1);
    expect(stage.receiver.calls.length).toBeGreaterThan(0);
  });

  it('exports over gRPC, with headers', async () => {
    await stage.useGrpc();
    const gateway = await start(
      `serviceName: edge, resourceAttributes: { team: a }, otlp: { grpc: { endpoint: "127.0.0.1:${stage.receiver.port}", insecure: true, headers: { x-key: "urn:env:KEY" } } }`,
    );
    await visit(gateway.url);
    const request = find(await spansOf(gateway), 'GET api@file');
    expect(request.resource).toMatchObject({ 'service.name': 'edge', team: 'a' });
    expect(stage.receiver.headers()['x-key']).toBe('a-needle-of-the-collector');
  });

  it('does not start when a reference of a header cannot be read', async () => {
    const missing = start('otlp: { http: { headers: { x-key: "urn:env:MISSING" } } }');
    await expect(missing).rejects.toMatchObject({ code: 'telemetry_unavailable' });
  });
});
