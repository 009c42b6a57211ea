import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { AuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import { startAuthorizationServer } from '../../packages/testkit/src/authorization-server.ts';
import type { WorkerResponse } from './workers.testkit.ts';
import { serve } from './workers.testkit.ts';

const actionsToken = 'a-token-of-an-operator';
const clients = ['orders', 'billing', 'own'];
let server: AuthorizationServer;
let upstream: Server;
const opened: WorkerResponse[] = [];

beforeAll(async () => {
  // Responds with the token that it receives.
  upstream = createServer((request, response) => response.end(request.headers.authorization)).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  server = await startAuthorizationServer({
    clients: clients.map((clientId) => ({ clientId, clientSecret: `${clientId}-secret` })),
  });
}); // prettier-ignore
afterEach(() => opened.splice(0).forEach((served) => served.close()));
afterAll(async () => {
  upstream.closeAllConnections();
  upstream.close();
  await server.close();
});

async function start(workers: number, install: object = {}, adminHost = '127.0.0.1') {
  const own = { clientID: 'own', clientSecret: 'own-secret' };
  const middleware = (options: object) => ({ plugin: { oAuthClientCredentials: { url: server.url, ...options } } });
  const served = serve(
    {
      entryPoints: { web: { address: '127.0.0.1:0' }, admin: { address: `${adminHost}:0` } },
      workers,
      api: { actionsToken },
      ...install,
    },
    {
      http: {
        routers: {
          callers: { rule: 'PathPrefix(`/callers`)', service: 'up', middlewares: ['callers'] },
          twin: { rule: 'PathPrefix(`/twin`)', service: 'up', middlewares: ['twin'] },
          own: { rule: 'PathPrefix(`/own`)', service: 'up', middlewares: ['own'] },
        },
        middlewares: { callers: middleware({}), twin: middleware({}), own: middleware(own) },
        services: {
          up: { loadBalancer: { servers: [{ url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` }] } },
        },
      },
    },
  );
  opened.push(served);
  await served.untilLogged('listening', 2);
  if (workers > 1) await served.untilLogged('worker ready', workers);
  const ports = new Map(served.logged('listening').map(({ entryPoint = '', port = 0 }) => [entryPoint, port]));
  const urlOf = (entryPoint: string): string => `http://127.0.0.1:${ports.get(entryPoint) ?? 0}`;
  /** Tokens that a route sends, over so many connections that every worker has served one. */
  const tokens = async (path: string, client = 'orders'): Promise<ReadonlySet<string>> => {
    const authorization = `Basic ${Buffer.from(`${client}:${client}-secret`).toString('base64')}`;
    const seen = new Set<string>();
    for (let count = 0; count < 4 * workers; count += 1) {
      const headers = { authorization, connection: 'close' };
      const response = await fetch(`${urlOf('web')}${path}`, { headers });
      expect(response.status).toBe(200);
      seen.add(await response.text());
    }
    return seen;
  };
  const purge = async (query: string, init: RequestInit = {}) => {
    const response = await fetch(`${urlOf('admin')}/api/tokens/purge${query}`, {
      method: 'POST',
      ...init,
      headers: { authorization: `Bearer ${actionsToken}`, ...(init.headers as Record<string, string> | undefined) },
    });
    const text = await response.text();
    return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
  };
  return { served, tokens, purge };
} // prettier-ignore

describe.each([1, 2])('purging tokens with %i workers', (workers) => {
  it('drops the tokens of one client in every worker, and leaves the others', async () => {
    const { served, tokens, purge } = await start(workers);
    const orders = await tokens('/callers');
    const billing = await tokens('/callers', 'billing');
    const own = await tokens('/own');
    for (const seen of [orders, billing, own]) expect(seen.size).toBe(1);
    expect(await purge('?middleware=callers&clientID=orders')).toMatchObject({
      status: 200,
      body: { middlewares: 1 },
    });
    const renewed = await tokens('/callers');
    expect(renewed.size).toBe(1);
    expect(renewed).not.toEqual(orders);
    expect(await tokens('/callers', 'billing')).toEqual(billing);
    expect(await tokens('/own')).toEqual(own);
    const [line] = await served.untilLogged('tokens purged', 1);
    expect(line).toMatchObject({ middleware: 'callers', clientId: 'orders' });
  });

  it('drops the tokens that a middleware with the same options obtained', async () => {
    const { tokens, purge } = await start(workers);
    const shared = await tokens('/twin');
    expect(await tokens('/callers')).toEqual(shared);
    expect(await purge('?middleware=callers')).toMatchObject({ status: 200 });
    const renewed = await tokens('/callers');
    expect(renewed).not.toEqual(shared);
    expect(await tokens('/twin')).toEqual(renewed);
  });

  it('drops the tokens of a whole middleware, and all of them', async () => {
    const { tokens, purge } = await start(workers);
    const before = [await tokens('/callers'), await tokens('/own')];
    const body = JSON.stringify({ Middleware: 'own@file' });
    expect(await purge('', { body, headers: { 'content-type': 'application/json' } })).toMatchObject({
      status: 200,
      body: { middlewares: 1 },
    });
    const own = await tokens('/own');
    expect(own).not.toEqual(before[1]);
    expect(await tokens('/callers')).toEqual(before[0]);
    expect(await purge('?all=true')).toMatchObject({ status: 200, body: { middlewares: 3 } });
    expect(await tokens('/own')).not.toEqual(own);
    expect(await tokens('/callers')).not.toEqual(before[0]);
  });
});

describe('a request to purge tokens', () => {
  it('is rejected with its fault, and drops nothing', async () => {
    const { tokens, purge } = await start(1);
    const before = await tokens('/callers');
    const expected = 'expected "middleware", "clientID", or both, or "all": true';
    const json = (value: unknown) => ({ body: JSON.stringify(value) });
    const cases: readonly [string, RequestInit, number, string][] = [
      ['', {}, 400, expected],
      ['?clientId=', {}, 400, 'clientID: expected a non-empty string'],
      ['?all=false', {}, 400, 'all: expected true'],
      ['?all=true&clientID=orders', {}, 400, expected],
      ['?client=orders', {}, 400, `unknown member "client": ${expected}`],
      ['', { body: '[' }, 400, `the body is not a JSON object: ${expected}`],
      ['', json(['orders']), 400, `the body is not a JSON object: ${expected}`],
      ['', json({ clientID: 7 }), 400, 'clientID: expected a non-empty string'],
      ['', json({ clientID: 'x'.repeat(17_000) }), 413, 'the body is longer than 16384 bytes'],
      ['?middleware=nobody', {}, 404, 'unknown middleware: no oAuthClientCredentials middleware has that name'],
      ['?all=true', { headers: { origin: 'http://127.0.0.1' } }, 403, 'requests from browser pages cannot purge tokens'],
      ['?all=true', { method: 'GET' }, 405, 'send POST to purge tokens'],
    ];
    for (const [query, init, status, detail] of cases)
      expect(await purge(query, init)).toEqual({ status, body: { status, detail } });
    expect(await purge('?clientID=nobody')).toMatchObject({ status: 200, body: { tokens: 0 } });
    expect(await tokens('/callers')).toEqual(before);
  }); // prettier-ignore

  it.each([
    // The API itself is available, but read-only.
    ['admin listens on every address', {}, '0.0.0.0', 405],
    ['api.actions is false', { api: { actions: false } }, '127.0.0.1', 405],
    ['there is no secret', { api: {} }, '127.0.0.1', 403],
    ['there is no API', { api: undefined }, '127.0.0.1', 403],
  ])('gets a 404 where %s', async (_when, install, host, status) => {
    const { purge, tokens } = await start(1, install, host);
    const before = await tokens('/callers');
    expect(await purge('?all=true')).toMatchObject({ status });
    expect(await tokens('/callers')).toEqual(before);
  });

  it('is served on every address with api.actions', async () => {
    const { purge } = await start(1, { api: { actions: true, actionsToken } }, '0.0.0.0');
    expect(await purge('?all=true')).toMatchObject({ status: 200 });
  });

  it('names the option to configure when no secret is set', async () => {
    const { purge } = await start(1, { api: { actions: true } });
    const detail =
      'actions require a secret: set api.actionsToken, or api.socket and send the request to the socket';
    expect(await purge('?all=true')).toEqual({ status: 403, body: { status: 403, detail } });
  });
});
