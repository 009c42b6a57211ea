import { writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  startAuthorizationServer,
  type AuthorizationServer,
} from '../../packages/testkit/src/authorization-server.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { startTestGateway, type TestGateway } from './gateway.testkit.ts';
import { protocols, type ProtocolClient, type ProtocolRequest } from './protocols.testkit.ts';

const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;
const alice = { authorization: basic('alice:alice-secret') };
const bob = { authorization: basic('bob:bob-secret') };

let tokens: AuthorizationServer;
let service: Server;
/** Requests for a path so far: some fail first. */
const attempts = new Map<string, number>();
const waiting: ServerResponse[] = [];

async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = '', headers, method, rawHeaders } = request;
  const body = Buffer.concat(await request.toArray());
  const count = (attempts.get(url) ?? 0) + 1;
  attempts.set(url, count);
  if (url.startsWith('/retry') && count < 3) request.socket.destroy();
  else if (url.startsWith('/errors')) response.writeHead(503).end('the own page');
  else if (url.startsWith('/page')) response.end(`page of ${url}`);
  else if (url.startsWith('/zip')) response.setHeader('content-type', 'text/plain').end('word '.repeat(2000));
  else if (url.startsWith('/slow')) waiting.push(response);
  else response.end(JSON.stringify({ url, method, headers, rawHeaders, bytes: body.length }));
}

const toRoutes = (port: number, version: string): string => `
http:
  routers:
    app: { rule: "PathPrefix(\`/app\`)", middlewares: [auth], service: s }
    admin: { rule: "PathPrefix(\`/admin\`)", middlewares: [admin], service: s }
    retry: { rule: "PathPrefix(\`/retry\`)", middlewares: [again], service: s }
    errors: { rule: "PathPrefix(\`/errors\`)", middlewares: [pages], service: s }
    buffer: { rule: "PathPrefix(\`/buffer\`)", middlewares: [buffer], service: s }
    rate: { rule: "PathPrefix(\`/rate\`)", middlewares: [rate], service: s }
    flight: { rule: "PathPrefix(\`/slow/flight\`)", middlewares: [flight], service: s, priority: 1000 }
    zip: { rule: "PathPrefix(\`/zip\`)", middlewares: [zip], service: s }
    old: { rule: "PathPrefix(\`/old\`)", middlewares: [moved], service: s }
    strip: { rule: "Host(\`strip.example\`) && PathPrefix(\`/api\`)", middlewares: [strip, version], service: s, priority: 2000 }
    allow: { rule: "PathPrefix(\`/allow\`)", middlewares: [allow], service: s }
    open: { rule: "PathPrefix(\`/open\`) || PathPrefix(\`/slow\`)", middlewares: [version], service: s }
    query: { rule: "PathPrefix(\`/query\`) && Query(\`a\`, \`b\`) && Method(\`PUT\`) && Header(\`X-A\`, \`1\`)", service: s }
  middlewares:
    auth:
      plugin: { oAuthClientCredentials: { url: "${tokens.url}", forwardHeaders: { Group: grp }, claims: "Equals(\`grp\`, \`admin\`)" } }
    admin: { plugin: { oAuthClientCredentials: { url: "${tokens.url}", claims: "Equals(\`grp\`, \`admin\`)" } } }
    again: { retry: { attempts: 4, initialInterval: 1ms } }
    pages: { errors: { status: ["500-599"], service: s, query: "/page/{status}" } }
    buffer: { buffering: { maxRequestBodyBytes: 1000 } }
    rate: { rateLimit: { average: 1, period: 1h, burst: 2, sourceCriterion: { requestHeaderName: X-Client } } }
    flight: { inFlightReq: { amount: 1, sourceCriterion: { requestHeaderName: X-Client } } }
    zip: { compress: {} }
    moved: { redirectRegex: { regex: "^(https?)://([^/]+)/old/(.*)", replacement: "\${1}://\${2}/new/\${3}", permanent: true } }
    strip: { stripPrefix: { prefixes: ["/api"] } }
    allow: { ipAllowList: { sourceRange: ["192.0.2.0/24"] } }
    version: { headers: { customRequestHeaders: { X-Version: "${version}" }, customResponseHeaders: { X-Version: "${version}", Server: "" } } }
  services: { s: { loadBalancer: { servers: [{ url: "http://127.0.0.1:${port}" }] } } }
`;

beforeAll(async () => {
  tokens = await startAuthorizationServer({
    clients: [
      { clientId: 'alice', clientSecret: 'alice-secret', claims: { grp: 'admin' } },
      { clientId: 'bob', clientSecret: 'bob-secret', claims: { grp: 'testers' } },
    ],
  });
  service = createServer(
    (request, response) => void serve(request, response).catch(() => response.destroy()),
  );
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  service.closeAllConnections();
  await new Promise((resolve) => service.close(resolve));
  await tokens.close();
});

/** Default path: `/open`. */
interface RequestWithPath extends ProtocolRequest {
  readonly path?: string;
}

interface ServedRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly bytes: number;
}

describe.each(Object.entries(protocols))('a caller with %s', (protocol, open) => {
  let gateway: TestGateway;
  let client: ProtocolClient;
  const port = (): number => (service.address() as AddressInfo).port;
  beforeAll(async () => {
    attempts.clear();
    gateway = await startTestGateway({
      routes: { 'routes.yaml': toRoutes(port(), 'one') },
      install: `
entryPoints:
  web:
    address: "127.0.0.1:0"
    http: { maxHeaderBytes: 4096, maxBodyBytes: 5000 }
accessLog: { format: json, fields: { headers: { names: { X-Seen: keep } } } }
`,
    });
    client = await open(gateway.url);
  });
  afterAll(async () => {
    await client.close();
    await gateway.close();
  });

  const seen = async (path: string, headers: Record<string, string>): Promise<ServedRequest> =>
    JSON.parse((await client.send(path, { headers })).body) as ServedRequest;
  const logged = (): Record<string, unknown> =>
    JSON.parse(gateway.accessLog.lines().at(-1) ?? '{}') as Record<string, unknown>;

  it('gets a token in exchange for its credentials, with headers from its claims', async () => {
    const { url, headers } = await seen('/app/x?y=1', alice);
    expect(url).toBe('/app/x?y=1');
    expect(headers['authorization']).toMatch(/^Bearer eyJ/);
    expect(headers['group']).toBe('admin');
  });

  it.each([
    ['no credentials', {}, 401, 'credentials_missing'],
    ['malformed credentials', { authorization: 'Basic %%%' }, 401, 'credentials_malformed'],
    ['a wrong secret', { authorization: basic('alice:guess') }, 401, 'credentials_refused'],
    ['claims that do not satisfy the route', bob, 403, 'claims_not_satisfied'],
  ])('is refused with %s', async (_, headers, status, code) => {
    const response = await client.send('/admin', { headers });
    expect(response).toMatchObject({ status, headers: { 'content-type': 'application/problem+json' } });
    expect(JSON.parse(response.body)).toMatchObject({
      code,
      status,
      requestId: response.headers['x-request-id'],
    });
    await until(() => logged()['RefusalCode'] === code);
    expect(logged()).toMatchObject({ DownstreamStatus: status, RouterName: 'admin@file' });
  });

  it.each(['group', 'x_group', 'Group'])('cannot forge the header of a claim as %s', async (name) => {
    const header = protocol === 'HTTP/2' ? name.toLowerCase() : name;
    const { headers } = await seen('/app', { ...alice, [header]: 'root', 'x-forwarded-for': '192.0.2.9' });
    expect(headers['group']).toBe('admin');
    expect(headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  it('is logged with its request', async () => {
    await client.send('/open/logged?a=b', {
      headers: { 'user-agent': 'tester', referer: 'https://ref.example/' },
    });
    await until(() => logged()['RequestPath'] === '/open/logged?a=b');
    expect(logged()).toMatchObject({
      RequestProtocol: protocol === 'HTTP/2' ? 'HTTP/2.0' : 'HTTP/1.1',
      RequestMethod: 'GET',
      RequestScheme: 'http',
      DownstreamStatus: 200,
      OriginStatus: 200,
      RouterName: 'open@file',
      ServiceName: 's@file',
    });
  });

  it.each<[string, RequestWithPath, number]>([
    ['a head that is too large', { headers: { 'x-a': 'y'.repeat(5000) } }, 431],
    ['a body that is too large', { method: 'POST', body: 'y'.repeat(6000) }, 413],
    ['an encoded slash', { path: '/open/a%2Fb' }, 400],
    ['no route', { path: '/nowhere' }, 404],
    ['an address that is not allowed', { path: '/allow' }, 403],
  ])('is refused with %s', async (_, { path = '/open', ...options }, status) => {
    expect(await client.send(path, options)).toMatchObject({ status });
  });

  it('is routed by method, header and query', async () => {
    const headers = { 'x-a': '1' };
    expect(await client.send('/query?a=b', { method: 'PUT', headers })).toMatchObject({ status: 200 });
    expect(await client.send('/query?a=c', { method: 'PUT', headers })).toMatchObject({ status: 404 });
    expect(await client.send('/query?a=b', { headers })).toMatchObject({ status: 404 });
    expect(await client.send('/query?a=b', { method: 'PUT' })).toMatchObject({ status: 404 });
  });

  it('is routed by host, without the prefix', async () => {
    const { url, headers } = await seen('/api/orders', { host: 'strip.example' });
    expect([url, headers['host'], headers['x-forwarded-prefix']]).toEqual([
      '/orders',
      'strip.example',
      '/api',
    ]);
  });

  it('gets a response after failed attempts', async () => {
    expect(await client.send('/retry')).toMatchObject({ status: 200 });
    await until(() => logged()['RetryAttempts'] === 2);
    expect(attempts.get('/retry')).toBe(3);
  });

  it('gets the page for an error', async () => {
    expect(await client.send('/errors')).toMatchObject({ status: 503, body: 'page of /page/503' });
  });

  it('sends a body that is buffered, unless it is too large', async () => {
    const { bytes } = JSON.parse(
      (await client.send('/buffer', { method: 'POST', body: 'y'.repeat(900) })).body,
    ) as ServedRequest;
    expect(bytes).toBe(900);
    expect(await client.send('/buffer', { method: 'POST', body: 'y'.repeat(1001) })).toMatchObject({
      status: 413,
    });
  });

  it('is limited in its rate of requests', async () => {
    const headers = { 'x-client': protocol };
    const statuses: number[] = [];
    for (let count = 0; count < 4; count += 1)
      statuses.push((await client.send('/rate', { headers })).status);
    expect(statuses).toEqual([200, 200, 429, 429]);
    expect((await client.send('/rate', { headers })).headers).toHaveProperty('retry-after');
  });

  it('is limited in its number of concurrent requests', async () => {
    const headers = { 'x-client': protocol };
    const first = client.send('/slow/flight', { headers });
    await until(() => waiting.length === 1);
    expect(await client.send('/slow/flight', { headers })).toMatchObject({ status: 429 });
    waiting.pop()?.end('at last');
    expect(await first).toMatchObject({ status: 200, body: 'at last' });
  });

  it('gets a compressed response if it accepts one', async () => {
    const plain = await client.send('/zip', { headers: { 'accept-encoding': 'identity' } });
    const zipped = await client.send('/zip', { headers: { 'accept-encoding': 'gzip' } });
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(zipped.body.length).toBeLessThan(plain.body.length / 10);
    expect(gunzipSync(Buffer.from(zipped.body, 'latin1')).toString()).toBe(plain.body);
  });

  it('is redirected', async () => {
    const response = await client.send('/old/page', { headers: { host: 'api.example' } });
    expect(response).toMatchObject({ status: 301, headers: { location: 'http://api.example/new/page' } });
  });

  it('gets headers that a middleware sets, and none that it removes', async () => {
    const { headers } = await client.send('/open');
    expect(headers).toMatchObject({ 'x-version': 'one' });
    expect(headers).not.toHaveProperty('server');
  });

  it('is served by the new routes after a reload, and a request in flight by the old ones', async () => {
    const inFlight = client.send('/slow');
    await until(() => waiting.length === 1);
    await writeFile(join(gateway.folder, 'routes.yaml'), toRoutes(port(), 'two'));
    await until(async () => (await client.send('/open')).headers['x-version'] === 'two');
    waiting.pop()?.end('old');
    expect(await inFlight).toMatchObject({ status: 200, body: 'old', headers: { 'x-version': 'one' } });
  });

  // The last test, because it stops the gateway.
  it('gets its response while the gateway shuts down', async () => {
    const inFlight = client.send('/slow');
    await until(() => waiting.length === 1);
    const drained = gateway.gateway.drain();
    waiting.pop()?.end('the last');
    expect(await inFlight).toMatchObject({ status: 200, body: 'the last' });
    await drained;
    await expect(open(gateway.url).then((other) => other.send('/open'))).rejects.toThrow();
  });
});
