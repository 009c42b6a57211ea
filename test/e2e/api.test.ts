import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createOpenApi } from '../../packages/gateway/src/admin/api/openapi.ts';
import { resources } from '../../packages/gateway/src/admin/api/resources.ts';
import type { Overview, RecentRefusal, TokenView } from '../../packages/gateway/src/admin/api/shapes.ts';
import { createTestIo } from '../../packages/gateway/src/cli/io.testkit.ts';
import { run } from '../../packages/gateway/src/cli/run.ts';
import { readVersion } from '../../packages/gateway/src/version.ts';
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../../packages/testkit/src/authorization-server.ts';
import { serve, type WorkerResponse } from './workers.testkit.ts';

const hostile = '<script>alert(1)</script>';
const clients = ['orders', 'billing', hostile];
const needle = (number: number): string => `hush-${number}-needle`;
const actionsToken = 'hush-0-needle-of-actions';
let server: AuthorizationServer;
let upstream: Server;
const opened: WorkerResponse[] = [];

beforeAll(async () => {
  upstream = createServer((_request, response) => response.end('ok')).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  server = await startAuthorizationServer({
    clients: clients.map((clientId) => ({ clientId, clientSecret: needle(1) })),
  });
});
afterEach(() => opened.splice(0).forEach((served) => served.close()));
afterAll(async () => {
  upstream.closeAllConnections();
  upstream.close();
  await server.close();
});

const plugin = (options: object) => ({ plugin: { oAuthClientCredentials: { url: server.url, ...options } } });

/** Options with a secret in every place that can contain one. */
const withNeedles = () => ({
  secrets: plugin({
    url: `http://127.0.0.1:1/token?key=${needle(3)}`,
    clientID: 'own',
    clientSecret: needle(4),
    endpointParams: { code: needle(5) },
    clientConfig: {
      headers: { 'X-Key': needle(6), 'X-Other': needle(7) },
      proxy: `http://proxy:${needle(8)}@127.0.0.1:1`,
      maxRetries: 0,
    },
    store: {
      secret: 'hush-9-needle-16',
      redis: { endpoints: ['127.0.0.1:1'], username: 'reader', password: needle(10) },
    },
  }),
  invalid: plugin({ url: `http://user:${needle(2)}@127.0.0.1:1/token` }),
  reference: plugin({ clientID: 'own', clientSecret: 'urn:env:GRANTGATE_MISSING' }),
  headers: {
    headers: {
      customRequestHeaders: { 'X-Token': needle(11) },
      customResponseHeaders: { 'X-B': needle(12) },
    },
  },
  users: { basicAuth: { users: [`test:${needle(13)}`] } },
  jwt: { plugin: { jwt: { signingSecret: needle(14) } } },
  keys: { plugin: { apiKey: { keySource: { header: 'X-Api-Key' }, secretValues: [needle(15)] } } },
});

async function start(workers: number, http: object = {}, api: object = { actionsToken }) {
  const service = {
    loadBalancer: { servers: [{ url: `http://127.0.0.1:${(upstream.address() as AddressInfo).port}` }] },
  };
  const served = serve(
    { entryPoints: { web: { address: '127.0.0.1:0' }, admin: { address: '127.0.0.1:0' } }, workers, api },
    {
      http: {
        routers: {
          callers: { rule: 'PathPrefix(`/callers`)', service: 'up', middlewares: ['callers'] },
          denied: { rule: 'PathPrefix(`/denied`)', service: 'up', middlewares: ['denied'] },
          broken: { rule: 'Hots(`a.example`)', service: 'up' },
          keyed: {
            rule: `Header(\`X-Api-Token\`, \`${needle(16)}\`)`,
            service: 'up',
            middlewares: ['secrets'],
          },
        },
        middlewares: {
          callers: plugin({}),
          denied: plugin({ claims: 'Equals(`team`, `nobody`)' }),
          ...withNeedles(),
        },
        services: { up: service },
        ...http,
      },
    },
  );
  opened.push(served);
  await served.untilLogged('listening', 2);
  if (workers > 1) await served.untilLogged('worker ready', workers);
  const ports = new Map(
    served.logged('listening').map(({ entryPoint = '', port = 0 }) => [entryPoint, port]),
  );
  const urlOf = (entryPoint: string): string => `http://127.0.0.1:${ports.get(entryPoint) ?? 0}`;
  const ask = (path: string, client: string) =>
    fetch(`${urlOf('web')}${path}?access_token=${needle(17)}`, {
      headers: {
        authorization: `Basic ${Buffer.from(`${client}:${needle(1)}`).toString('base64')}`,
        connection: 'close',
      },
    });
  const api_ = (path: string, init: RequestInit = {}) => fetch(`${urlOf('admin')}${path}`, init);
  const read = async (path: string): Promise<unknown> => (await api_(path)).json();
  return { served, ask, api: api_, read, adminUrl: urlOf('admin') };
}

describe.each([1, 2])('the API of a gateway with %i workers', (workers) => {
  it('responds as its OpenAPI document specifies, without any secret, for the whole gateway', async () => {
    const { ask, api, read } = await start(workers);
    for (const client of clients) for (let times = 0; times < 2 * workers; times += 1) await ask('/callers', client);
    const refusals = 3 * workers;
    for (let times = 0; times < refusals; times += 1) expect((await ask('/denied', hostile)).status).toBe(403);
    expect((await ask('/nowhere', 'orders')).status).toBe(404);
    expect(await read('/api/openapi.json')).toEqual(JSON.parse(JSON.stringify(createOpenApi(readVersion(), ''))));
    const names: Readonly<Record<string, string>> = {
      '/api/entrypoints/{name}': 'web',
      '/api/http/routers/{name}': 'callers@file',
      '/api/http/services/{name}': 'up',
      '/api/http/middlewares/{name}': 'secrets%40file',
    };
    let all = '';
    for (const { path, kind, shape } of resources) {
      const response = await api(path.replace('{name}', names[path] ?? ''));
      expect(response.status).toBe(200);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      const text = await response.text();
      (kind === 'list' ? z.array(shape) : shape).parse(JSON.parse(text));
      all += text;
    }
    expect(all).not.toMatch(/hush-\d+-needle/);
    expect(all).not.toContain(Buffer.from(`orders:${needle(1)}`).toString('base64'));
    expect(all).not.toContain('eyJ');
    expect(all).toContain('[redacted: urn:env:GRANTGATE_MISSING, read ');

    const overview = (await read('/api/overview')) as Overview;
    expect(overview.workers).toMatchObject({ configured: workers, replied: workers });
    expect(overview.requests).toMatchObject({ refused: refusals + 1, byCode: { claims_not_satisfied: refusals, no_route: 1 } });
    expect(overview.http.routers).toEqual({ total: 4, warnings: 0, errors: 1 });
    const tokens = (await read('/api/tokens?middleware=callers&sortBy=clientID')) as TokenView[];
    expect(tokens.map(({ clientID }) => clientID)).toEqual([...clients].sort());
    expect(tokens[0]).toMatchObject({ middlewares: expect.arrayContaining(['callers@file']) as unknown, format: 'jwt' });
    const recent = (await read('/api/requests/recent?code=claims_not_satisfied')) as RecentRefusal[];
    expect(recent).toHaveLength(refusals);
    expect(recent[0]).toMatchObject({
      ...{ clientID: hostile, router: 'denied@file', path: '/denied', status: 403 },
      reason: expect.stringContaining('Equals(`team`, `nobody`)') as unknown,
    });
    expect(await read('/api/http/routers/broken@file')).toMatchObject({
      status: 'disabled',
      error: [expect.stringMatching(/:\d+:\d+: unknown function Hots: did you mean Host\?/)],
    });
    expect(await read('/api/http/routers/callers')).toMatchObject({ figures: { byStatus: { 200: 6 * workers } } });
  });

  it('changes the log level of every worker, but only with the token', async () => {
    const { api, read } = await start(workers);
    const set = (headers: Record<string, string>) =>
      api('/api/log/level', { method: 'POST', body: '{"level":"debug"}', headers });
    const authorization = `Bearer ${actionsToken}`;
    expect((await set({})).status).toBe(401);
    expect((await set({ authorization: `${authorization}x` })).status).toBe(401);
    expect((await set({ authorization, origin: 'http://127.0.0.1' })).status).toBe(403);
    expect((await api('/api/tokens/purge?all=true', { method: 'POST' })).status).toBe(401);
    expect(await read('/api/overview')).toMatchObject({ logLevel: 'info' });
    expect((await set({ authorization })).status).toBe(200);
    for (let times = 0; times < 3 * workers; times += 1)
      expect(await read('/api/overview')).toMatchObject({ logLevel: 'debug' });
  });

  it('shuts the whole gateway down, but only with the token', async () => {
    const { served, api } = await start(workers);
    const response = await api('/api/drain', { method: 'POST', headers: { authorization: `Bearer ${actionsToken}` } });
    expect(response.status).toBe(202);
    await served.untilLogged('stopped', 1);
  });
}); // prettier-ignore

describe('the API', () => {
  it('lists 10,000 routers in pages, and finds one of them', async () => {
    const routers = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, at) => [`r${at}`, { rule: `Host(\`r${at}.example\`)`, service: 'up' }]),
    );
    const { api, read } = await start(1, { routers, middlewares: {} });
    const names = new Set<string>();
    let page = 1;
    do {
      const response = await api(`/api/http/routers?per_page=3000&page=${page}`);
      expect(response.headers.get('x-total-count')).toBe('10000');
      for (const { name } of (await response.json()) as { readonly name: string }[]) names.add(name);
      page = Number(response.headers.get('x-next-page'));
    } while (page !== 1);
    expect(names.size).toBe(10_000);
    expect(await read('/api/http/routers?search=r9999.')).toMatchObject([{ name: 'r9999@file' }]);
    expect(await read('/api/http/routers?page=102')).toEqual({ message: 'invalid request: page: 102, per_page: 100' });
    expect(await read('/api/explain?host=r7.example&path=/x')).toMatchObject({
      results: [{ outcome: 'matched', router: { name: 'r7@file' } }],
    });
  });

  it('is read-only, rejects foreign hosts, and is off without the option', async () => {
    const { api, adminUrl } = await start(1);
    expect((await api('/api/overview', { method: 'POST' })).status).toBe(405);
    expect((await api('/api/nothing')).status).toBe(404);
    const { port } = new URL(adminUrl);
    const io = createTestIo();
    expect(await run(['status', '--api', `http://localhost:${port}`, '--json'], io)).toBe(1);
    expect(JSON.parse(io.written.stdout)).toMatchObject({ brokenRouters: [{ name: 'broken@file' }] });
    const off = await start(1, {}, { actions: true, basePath: '/gateway' });
    expect((await off.api('/api/overview')).status).toBe(404);
    expect((await off.api('/gateway/api/overview')).status).toBe(200);
  });

  it('streams the overview first, and then refusals as they happen', async () => {
    const { api, ask } = await start(1);
    const response = await api('/api/events');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let text = '';
    const until = async (part: string): Promise<void> => {
      while (!text.includes(part)) text += (await reader.read()).value ?? '';
    };
    await until('event: configuration');
    await ask('/denied', 'orders');
    await until('event: refusals');
    await until('claims_not_satisfied');
    expect(text).toContain('event: overview\ndata: {');
    await reader.cancel();
  });

  it('serves the commands status, explain and tokens', async () => {
    const { adminUrl, ask } = await start(1);
    await ask('/callers', hostile);
    const call = async (...args: string[]) => {
      const io = createTestIo();
      return { code: await run([...args, '--api', adminUrl], io), ...io.written };
    };
    expect(await call('tokens')).toMatchObject({ code: 0, stdout: expect.stringContaining(hostile) as unknown });
    expect(await call('explain', 'http://a.example/callers/1')).toMatchObject({
      ...{ code: 0, stdout: expect.stringContaining('callers@file matches') as unknown },
    });
    expect(await call('explain', 'http://a.example/x')).toMatchObject({
      ...{ code: 1, stdout: expect.stringContaining('PathPrefix(`/callers`) is false: the path is /x') as unknown },
    });
    expect(await call('explain', 'nonsense')).toMatchObject({ code: 2 });
    expect(await call('status')).toMatchObject({ code: 1, stdout: expect.stringContaining('broken@file') as unknown });
    const io = createTestIo();
    expect(await run(['status', '--api', 'http://127.0.0.1:1'], io)).toBe(1);
    expect(io.written.stderr).toContain('is the gateway running, with "api: {}"');
  });
}); // prettier-ignore
