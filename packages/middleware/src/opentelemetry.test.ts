import { context, propagation, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { json, startScriptedServer, type ScriptedServer } from '../../testkit/src/scripted-server.ts';
import { startSingleRedis, type SingleRedis } from '../../testkit/src/redis/redis.ts';
import { startTokenServer, type TokenServer } from '../../testkit/src/token-server.ts';
import { until } from '../../testkit/src/until.ts';
import {
  oAuthIntrospection as forExpress,
  type IntrospectionMiddlewareOptions,
} from './adapters/express-introspection.ts';
import { oAuthIntrospection as forFastify } from './adapters/fastify-introspection.ts';
import { oAuthIntrospection as forFetch } from './adapters/fetch-introspection.ts';
import { oAuthIntrospection as forHono } from './adapters/hono-introspection.ts';
import { oAuthIntrospection as forKoa } from './adapters/koa-introspection.ts';
import { call } from './adapters/protected-app.testkit.ts';
import { createTestApps } from './adapters/test-apps.testkit.ts';
import { createClientCredentialsMiddleware } from './application/client-credentials-middleware.ts';
import { traceMiddleware } from './application/trace-middleware.ts';
import { openTelemetry } from './opentelemetry.ts';
import { createFetch, createTokenSource } from './outgoing/outgoing.ts';
import { openAppTelemetry } from './traced-app.testkit.ts';

const telemetry = openAppTelemetry();
const tracer = trace.getTracer('application');
let closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});
const closeLater = <T extends { close(): Promise<unknown> }>(closeable: T): T => {
  closers.push(() => closeable.close());
  return closeable;
};

const parentOf = (span: ReadableSpan): string | undefined => span.parentSpanContext?.spanId;
const ended = (wanted: string): number => telemetry.spans.filter(({ name }) => name === wanted).length;
const idOf = (span: ReadableSpan): string => span.spanContext().spanId;
/** All data of a span. */
const textOf = ({ name, attributes, events, status }: ReadableSpan): string =>
  JSON.stringify({ name, attributes, events, status });

/** Runs work below a span of the application. */
const below = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  tracer.startActiveSpan(name, async (span) => {
    try {
      return await work();
    } finally {
      span.end();
    }
  });

/** Without a lifetime, so that each use requests it. */
const issued = { access_token: 'the-access-token', token_type: 'Bearer' };
const startAuthorization = async (...failures: number[]): Promise<ScriptedServer> =>
  closeLater(
    await startScriptedServer(
      ...failures.map(
        (status) => (response: Parameters<typeof json>[0]) =>
          json(response, status, {}, { 'retry-after': '0' }),
      ),
      (response) => json(response, 200, issued),
    ),
  );

const apps = createTestApps<IntrospectionMiddlewareOptions>({
  express: forExpress,
  fastify: forFastify,
  koa: forKoa,
  hono: forHono,
  fetch: forFetch,
});

describe.each(apps.map((app) => [app.name, app] as const))(
  'spans of an application with %s',
  (_name, app) => {
    const own = { clientId: 'api', clientSecret: 'the-client-secret' };
    let server: TokenServer;
    beforeAll(async () => void (server = await startTokenServer([own])));
    afterAll(() => server.close());

    it('are children of the span of its request, without a secret', async () => {
      const token = await server.issue(own, 3600, 'orders:read');
      const open = closeLater(
        await app.start(
          {
            clientConfig: { url: `${server.introspectionUrl}?key=a-needle-in-a-url` },
            clientID: own.clientId,
            clientSecret: own.clientSecret,
            tracing: openTelemetry(),
          },
          { '/write': { requiredScopes: ['orders:write'] } },
        ),
      );
      const get = (path: string) =>
        call(`${open.origin}${path}`, { authorization: `Bearer ${token}`, [telemetry.serverSpan]: '1' });
      expect((await get('/all')).status).toBe(200);
      await until(() => ended('server') === 1);
      const [request, decision, introspection] = [
        telemetry.span('server'),
        telemetry.span('oAuthIntrospection'),
        telemetry.span('introspection request'),
      ];
      expect(parentOf(decision)).toBe(idOf(request));
      expect(parentOf(introspection)).toBe(idOf(decision));
      expect([decision.kind, introspection.kind]).toEqual([SpanKind.INTERNAL, SpanKind.CLIENT]);
      expect(decision.attributes).toEqual({ 'grantgate.middleware.name': 'oAuthIntrospection' });
      expect(introspection.attributes).toMatchObject({
        'http.request.method': 'POST',
        'server.address': '127.0.0.1',
        'url.path': new URL(server.introspectionUrl).pathname,
      });
      expect((await get('/write')).status).toBe(403);
      await until(() => ended('server') === 2);
      const refusal = telemetry.spans.find(({ attributes }) => 'grantgate.refusal.code' in attributes)!;
      expect(refusal.attributes['grantgate.refusal.code']).toBe('insufficient_scope');
      expect(refusal.status.code).toBe(SpanStatusCode.UNSET);
      for (const needle of [token, own.clientSecret, 'a-needle-in-a-url'])
        expect(telemetry.spans.map(textOf).join()).not.toContain(needle);
    });
  },
);

describe('spans of a middleware', () => {
  const authorization = `Basic ${Buffer.from('admin:admin-secret').toString('base64')}`;
  const request = {
    authorization,
    target: '/',
    method: 'GET',
    origin: '',
    header: () => undefined,
    certificateThumbprint: () => undefined,
  };
  const open = (url: string) =>
    closeLater(
      createClientCredentialsMiddleware({ url, clientConfig: { maxRetries: 2 }, tracing: openTelemetry() }),
    );

  it('show a token request with its retries as events, and only one traceparent', async () => {
    const server = await startAuthorization(503, 503);
    const middleware = open(server.url);
    const baggage = propagation.createBaggage({ tenant: { value: 'red' } });
    await context.with(propagation.setBaggage(context.active(), baggage), () =>
      below('work', async () =>
        expect(await middleware.decide(request, undefined)).toMatchObject({ allowed: true }),
      ),
    );
    const span = telemetry.span('token request');
    expect(parentOf(span)).toBe(idOf(telemetry.span('oAuthClientCredentials')));
    expect(span.events.map(({ name, attributes }) => [name, attributes?.['retry.count']])).toEqual([
      ['retry', 1],
      ['retry', 2],
    ]);
    // Spans of undici's instrumentation would duplicate these requests.
    expect(telemetry.spans.map(({ name }) => name)).not.toContain('POST');
    const { traceId, spanId } = span.spanContext();
    for (const { headers } of server.requests) {
      expect(headers['traceparent']).toBe(`00-${traceId}-${spanId}-01`);
      expect(headers['baggage']).toBeUndefined();
    }
  });

  it('fail with the code of a refusal that is not the fault of the caller', async () => {
    const server = await startAuthorization(503, 503, 503);
    await below('work', async () => open(server.url).decide(request, undefined));
    const span = telemetry.span('oAuthClientCredentials');
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes).toMatchObject({ 'error.type': 'authorization_server_unavailable' });
    expect(telemetry.span('token request').attributes).toMatchObject({
      'error.type': 'unavailable',
      'http.response.status_code': 503,
    });
  });

  it('exist for a decision only below a span that is sampled', async () => {
    const server = await startAuthorization();
    const middleware = open(server.url);
    const unsampled = trace.wrapSpanContext({
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      traceFlags: 0,
    });
    await context.with(trace.setSpan(context.active(), unsampled), async () =>
      middleware.decide(request, undefined),
    );
    expect(telemetry.spans).toEqual([]);
    expect(server.requests[0]!.headers['traceparent']).toMatch(
      /^00-0af7651916cd43dd8448eb211c80319c-.{16}-00$/,
    );
    await middleware.decide(request, undefined);
    expect(telemetry.spans.map(({ name }) => name)).toEqual(['token request']);
  });

  it('are not the active span of handlers after it', async () => {
    const server = await startAuthorization();
    const middleware = open(server.url);
    await below('work', async () => {
      const active = trace.getActiveSpan();
      await middleware.decide(request, undefined);
      expect(trace.getActiveSpan()).toBe(active);
    });
  });

  it('do not change a middleware while they are off', () => {
    const middleware = open('https://as.example/token');
    expect(traceMiddleware(middleware, 'oAuthClientCredentials', undefined)).toBe(middleware);
  });

  it('are refused when `tracing` is something else', () => {
    expect(() =>
      createClientCredentialsMiddleware({ url: 'https://as.example/token', tracing: true as never }),
    ).toThrow('tracing: expected the result of openTelemetry()');
  });
});

describe('spans of outgoing calls', () => {
  let redis: SingleRedis;
  beforeAll(async () => void (redis = await startSingleRedis()));
  afterAll(() => redis.close());

  it('show the token request, Redis, and what the instrumentation of fetch records', async () => {
    const [server, api] = [await startAuthorization(), await startAuthorization()];
    const { host, port } = redis.server;
    const source = closeLater(
      createTokenSource({
        url: server.url,
        clientID: 'orders',
        clientSecret: 'the-client-secret',
        store: { keyPrefix: 'gg:', secret: '0123456789abcdef', redis: { endpoints: [`${host}:${port}`] } },
        tracing: openTelemetry(),
      }),
    );
    const fetch = createFetch(source);
    await until(async () => {
      await source.token();
      return ended('redis get') > 0;
    });
    await below('work', () => fetch(api.url));
    const work = telemetry.span('work');
    const client = telemetry.span('GET');
    expect(parentOf(client)).toBe(idOf(work));
    expect(api.requests[0]!.headers['traceparent']).toBe(
      `00-${work.spanContext().traceId}-${idOf(client)}-01`,
    );
    expect(telemetry.spans.find(({ name }) => name === 'redis get')!.attributes).toEqual({
      'db.system.name': 'redis',
      'db.operation.name': 'get',
    });
    for (const needle of ['the-access-token', 'the-client-secret', '0123456789abcdef'])
      expect(telemetry.spans.map(textOf).join()).not.toContain(needle);
  });
});
