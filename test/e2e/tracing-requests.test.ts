import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { request } from 'undici';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer, valuesOf } from '../../packages/testkit/src/echo-server.ts';
import type { TestGateway } from './gateway.testkit.ts';
import type { ReceivedSpan } from './otlp-messages.testkit.ts';
import { openOtlpStage } from './otlp-stage.testkit.ts';

/** An authorization server whose first response at each path is a failure that causes a retry. */
let server: Server;
let origin: string;
let seen: { readonly path: string; readonly headers: IncomingHttpHeaders }[];
let key: CryptoKey;
let jwk: JWK;
let upstream: EchoServer;
const stage = openOtlpStage();

const respond = (path: string): object | undefined => {
  switch (path) {
    case '/.well-known/oauth-authorization-server':
      return { issuer: origin, token_endpoint: `${origin}/token`, jwks_uri: `${origin}/keys` };
    case '/keys':
      return { keys: [jwk] };
    case '/token':
      return { access_token: 'a-needle-of-a-token', token_type: 'Bearer', expires_in: 60 };
    case '/introspect':
      return { active: true, client_id: 'ada', exp: Math.floor(Date.now() / 1000) + 60 };
    case '/auth':
      return {};
    default:
      return undefined;
  }
};

beforeAll(async () => {
  const pair = await generateKeyPair('ES256', { extractable: true });
  key = pair.privateKey;
  jwk = { ...(await exportJWK(pair.publicKey)), alg: 'ES256', kid: 'one' };
  server = createServer((received, response) => {
    const [path = ''] = (received.url ?? '').split('?');
    const isFirst = path !== '/auth' && seen.every((one) => one.path !== path);
    seen.push({ path, headers: received.headers });
    const body = respond(path);
    const status = isFirst ? 503 : body === undefined ? 404 : 200;
    received.resume().on('end', () => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  upstream = await startEchoServer();
});
afterAll(async () => {
  await upstream.close();
  await new Promise((resolve) => server.close(resolve).closeAllConnections());
});
beforeEach(async () => {
  seen = [];
});

const plugin = (kind: string, options: object): object => ({ plugin: { [kind]: options } });

async function start(
  middlewares: Readonly<Record<string, object>>,
  tracing = '',
  env: Record<string, string> = {},
): Promise<TestGateway> {
  const routers = {
    api: { rule: 'PathPrefix(`/`)', middlewares: Object.keys(middlewares), service: 'echo' },
  };
  const services = { echo: { loadBalancer: { servers: [{ url: upstream.url }] } } };
  return stage.start({
    routes: { 'api.yaml': JSON.stringify({ http: { routers, middlewares, services } }) },
    env,
    install: `
entryPoints: { web: { address: "127.0.0.1:0" }, admin: { address: "127.0.0.1:0" } }
ping: true
accessLog: { format: json, addInternals: true }
tracing: { ${tracing} otlp: { http: { endpoint: "http://127.0.0.1:${stage.receiver.port}" } } }
`,
  });
}

async function visit(url: string, headers: Record<string, string> = {}): Promise<number> {
  const { statusCode, body } = await request(url, { headers });
  await body.dump();
  return statusCode;
}

async function spansOf(gateway: TestGateway): Promise<readonly ReceivedSpan[]> {
  await stage.stop(gateway);
  return stage.receiver.spans;
}

/** The span of a request, with the span of the step above it and the traceparent of the last request at a path. */
function find(spans: readonly ReceivedSpan[], name: string, path: string) {
  const span = spans.find((one) => one.name === name)!;
  const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
  const sent = seen.filter((one) => one.path === path).at(-1)?.headers['traceparent'];
  return { ...span, parent: parent?.name, isTold: sent === `00-${span.traceId}-${span.spanId}-01` };
}

describe('spans of the requests that a request causes', () => {
  it('show the request for the metadata of an issuer, and the token request, with their retries', async () => {
    const gateway = await start({
      auth: plugin('oAuthClientCredentials', { issuer: origin, clientID: 'ada', clientSecret: 's' }),
    });
    expect(await visit(gateway.url)).toBe(200);
    const spans = await spansOf(gateway);
    const metadata = find(spans, 'issuer metadata request', '/.well-known/oauth-authorization-server');
    expect(metadata).toMatchObject({ kind: 3, parent: 'auth@file', isTold: true, status: 0 });
    expect(metadata.attributes).toMatchObject({
      'http.request.method': 'GET',
      'server.address': '127.0.0.1',
    });
    const token = find(spans, 'token request', '/token');
    expect(token).toMatchObject({ kind: 3, parent: 'auth@file', isTold: true, status: 0 });
    expect(token.events.map(({ name }) => name)).toEqual(['retry']);
    expect(token.attributes).toMatchObject({ 'http.request.method': 'POST', 'url.path': '/token' });
  });

  it('show the request for a key set, and none while the keys are in memory', async () => {
    const gateway = await start({ auth: plugin('jwt', { jwksUrl: `${origin}/keys`, audience: 'api' }) });
    const token = await new SignJWT({ sub: 'ada', aud: 'api' })
      .setProtectedHeader({ alg: 'ES256', kid: 'one' })
      .setExpirationTime('1m')
      .sign(key);
    expect(await visit(gateway.url, { authorization: `Bearer ${token}` })).toBe(200);
    expect(await visit(gateway.url, { authorization: `Bearer ${token}` })).toBe(200);
    const spans = await spansOf(gateway);
    const keys = find(spans, 'key set request', '/keys');
    expect(keys).toMatchObject({ kind: 3, parent: 'auth@file', isTold: true });
    expect(keys.events.map(({ name }) => name)).toEqual(['retry']);
    expect(spans.filter(({ name }) => name === 'key set request')).toHaveLength(1);
    expect(stage.receiver.received().includes(token)).toBe(false);
  });

  it('show the introspection request', async () => {
    const gateway = await start({
      auth: plugin('oAuthIntrospection', {
        clientConfig: { url: `${origin}/introspect` },
        clientID: 'ada',
        clientSecret: 'a-needle-of-a-secret',
      }),
    });
    expect(await visit(gateway.url, { authorization: 'Bearer a-needle-of-a-caller' })).toBe(200);
    const spans = await spansOf(gateway);
    const introspection = find(spans, 'introspection request', '/introspect');
    expect(introspection).toMatchObject({ kind: 3, parent: 'auth@file', isTold: true });
    expect(introspection.events.map(({ name }) => name)).toEqual(['retry']);
    for (const needle of ['a-needle-of-a-secret', 'a-needle-of-a-caller'])
      expect(stage.receiver.received().includes(needle)).toBe(false);
  });

  it("show the request of forwardAuth, whose server receives that span instead of the caller's", async () => {
    const gateway = await start({
      auth: { forwardAuth: { address: `${origin}/auth?key=a-needle-in-a-query` } },
    });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect(await visit(gateway.url, { traceparent })).toBe(200);
    const spans = await spansOf(gateway);
    const asked = find(spans, 'forwardAuth request', '/auth');
    expect(asked).toMatchObject({ kind: 3, parent: 'auth@file', isTold: true });
    expect(asked.traceId).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
    expect(asked.attributes).toMatchObject({ 'http.response.status_code': 200, 'url.path': '/auth' });
    expect(stage.receiver.received().includes('a-needle-in-a-query')).toBe(false);
  });
});

describe('tracing', () => {
  it('leaves out requests for the gateway itself, unless addInternals is on', async () => {
    const without = await start({});
    expect(await visit(`${without.urlOf('admin')}/ping`)).toBe(200);
    expect(await spansOf(without)).toEqual([]);
    const gateway = await start({}, 'addInternals: true,');
    expect(await visit(`${gateway.urlOf('admin')}/ping`)).toBe(200);
    const [ping, ...others] = await spansOf(gateway);
    expect(others).toEqual([]);
    expect(ping).toMatchObject({ name: 'GET ping@internal', kind: 2 });
    expect(ping!.attributes).toMatchObject({
      'http.response.status_code': 200,
      'grantgate.entrypoint.name': 'admin',
    });
    const line = JSON.parse(gateway.accessLog.lines().at(-1)!) as Record<string, unknown>;
    expect(line).toMatchObject({ RequestPath: '/ping', TraceId: ping!.traceId });
  });

  it('samples according to the environment', async () => {
    const gateway = await start({}, '', { OTEL_TRACES_SAMPLER: 'parentbased_always_off' });
    expect(await visit(gateway.url)).toBe(200);
    expect(valuesOf(upstream.received.at(-1)!, 'traceparent')[0]).toMatch(/-00$/);
    expect(await spansOf(gateway)).toEqual([]);
  });

  it('neither continues nor passes on a trace without the propagator tracecontext', async () => {
    const gateway = await start({}, '', { OTEL_PROPAGATORS: 'none' });
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    expect(await visit(gateway.url, { traceparent })).toBe(200);
    expect(valuesOf(upstream.received.at(-1)!, 'traceparent')).toEqual([]);
    const [first] = await spansOf(gateway);
    expect(first!.traceId).not.toBe('4bf92f3577b34da6a3ce929d0e0e4736');
  });

  it('is turned off by OTEL_SDK_DISABLED', async () => {
    const gateway = await start({}, '', { OTEL_SDK_DISABLED: 'true' });
    expect(await visit(gateway.url)).toBe(200);
    expect(await spansOf(gateway)).toEqual([]);
    expect(stage.receiver.calls).toEqual([]);
  });
});
