import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttpsServer, type Server } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { Secret } from '../base/secret.ts';
import { parseClientCredentials } from '../options/parse.ts';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import { createTokenEndpoint } from './create-endpoint.ts';
import type { TokenEndpointOptions } from './endpoint.ts';
import { plainOptions } from './token-endpoint.testkit.ts';

const authority = createTestAuthority();
let server: Server;
let port = 0;
/** Common names of the client certificates of token requests; empty without one. */
const peers: string[] = [];
beforeAll(async () => {
  server = createHttpsServer(
    {
      ...authority.issue('localhost', ['localhost', '127.0.0.1']),
      ca: authority.cert,
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const { socket } = request;
      peers.push((socket instanceof TLSSocket && socket.getPeerX509Certificate()?.subject) || '');
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ access_token: 'opaque', token_type: 'Bearer', expires_in: 60 }));
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
});
const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  peers.length = 0;
  for (const close of closes.splice(0).reverse()) await close();
});
afterAll(
  () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    }),
);

type OnConnect = (request: IncomingMessage, socket: Duplex) => void;
const tunnel: OnConnect = (request, socket) => {
  const [host = '', to] = (request.url ?? '').split(':');
  const upstream = connect(Number(to), host, () => {
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
    upstream.pipe(socket).pipe(upstream);
  });
  for (const one of [upstream, socket])
    for (const event of ['error', 'close'])
      one.on(event, () => [upstream, socket].forEach((each) => each.destroy()));
};

/** A proxy on a socket that opens tunnels (RFC 9110 section 9.3.6). */
async function startProxy(onConnect: OnConnect = tunnel) {
  const tunnels: { readonly to: string | undefined; readonly authorization: string | undefined }[] = [];
  const sockets = new Set<Duplex>();
  let connected = onConnect;
  const proxy = createHttpServer((_request, response) => void response.writeHead(501).end());
  proxy.on('connect', (request: IncomingMessage, socket: Duplex) => {
    sockets.add(socket);
    tunnels.push({ to: request.url, authorization: request.headers['proxy-authorization'] });
    connected(request, socket);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  closes.push(
    () =>
      new Promise((resolve) => {
        proxy.close(resolve);
        proxy.closeAllConnections();
        for (const socket of sockets) socket.destroy();
      }),
  );
  return {
    host: `127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    tunnels,
    become: (next: OnConnect) => void (connected = next),
  };
}

function open(
  options: Partial<TokenEndpointOptions>,
  env: Readonly<Record<string, string | undefined>> = {},
  host = '127.0.0.1',
) {
  const endpoint = createTokenEndpoint(
    {
      ...plainOptions,
      url: `https://${host}:${port}/token`,
      tls: { ...plainOptions.tls, ca: authority.cert },
      ...options,
    },
    { clock: systemClock, env },
  );
  closes.push(() => endpoint.close());
  return () => endpoint.obtain({ clientId: 'app', clientSecret: new Secret('secret') });
}

describe('a token request through a proxy', () => {
  it.each<[string, (host: string) => Record<string, string>]>([
    ['HTTPS_PROXY', (host) => ({ HTTPS_PROXY: `http://${host}` })],
    [
      'https_proxy, which counts before HTTPS_PROXY',
      (host) => ({ https_proxy: `http://${host}`, HTTPS_PROXY: 'http://127.0.0.1:1' }),
    ],
    ['HTTPS_PROXY without a scheme', (host) => ({ HTTPS_PROXY: host })],
    ['HTTP_PROXY when there is no other', (host) => ({ HTTP_PROXY: `http://${host}` })],
    [
      'HTTPS_PROXY beside a NO_PROXY for another host',
      (host) => ({ HTTPS_PROXY: `http://${host}`, NO_PROXY: 'example.com,.internal' }),
    ],
  ])('follows the environment: %s', async (_name, env) => {
    const { host, tunnels } = await startProxy();
    const obtain = open({}, env(host));
    expect(await obtain()).toMatchObject({ kind: 'token' });
    expect(tunnels).toEqual([{ to: `127.0.0.1:${port}`, authorization: undefined }]);
  });

  it.each([
    ['is in NO_PROXY', { NO_PROXY: 'example.com, 127.0.0.1' }],
    ['is in no_proxy with its port', { no_proxy: '127.0.0.1:PORT' }],
    ['is in NO_PROXY as every host is', { NO_PROXY: '*' }],
  ])('bypasses the proxy when the host %s', async (_case, noProxy: Record<string, string>) => {
    const { host, tunnels } = await startProxy();
    const entries = Object.entries(noProxy).map(([name, value]) => [
      name,
      value.replace('PORT', String(port)),
    ]);
    const obtain = open({}, { HTTPS_PROXY: `http://${host}`, ...(Object.fromEntries(entries) as object) });
    expect(await obtain()).toMatchObject({ kind: 'token' });
    expect(tunnels).toEqual([]);
  });

  it('uses clientConfig.proxy instead of the environment, with its credentials and the client certificate', async () => {
    const { host, tunnels } = await startProxy();
    const obtain = open(
      {
        proxy: new Secret(`http://us%20er:p%40ss@${host}`),
        tls: { ...plainOptions.tls, ca: authority.cert, ...pair() },
      },
      { HTTPS_PROXY: 'http://127.0.0.1:1', NO_PROXY: '*' },
      'localhost',
    );
    expect(await obtain()).toMatchObject({ kind: 'token' });
    const authorization = `Basic ${Buffer.from('us er:p@ss').toString('base64')}`;
    expect(tunnels).toEqual([{ to: `localhost:${port}`, authorization }]);
    expect(peers).toEqual(['CN=client']);
  });

  it('succeeds when the proxy and the server send 100 Continue first', async () => {
    const { host } = await startProxy((request, socket) => {
      socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      tunnel(request, socket);
    });
    const answer = (_request: unknown, response: ServerResponse): void => response.writeContinue();
    server.prependListener('request', answer);
    const obtain = open({}, { HTTPS_PROXY: `http://${host}` });
    expect(await obtain()).toMatchObject({ kind: 'token' });
    expect(await obtain()).toMatchObject({ kind: 'token' });
    server.off('request', answer);
  });

  it('trusts the server only as configured', async () => {
    const { host } = await startProxy();
    const obtain = open({ tls: plainOptions.tls, proxy: new Secret(`http://${host}`) });
    expect(await obtain()).toMatchObject({
      reason: 'unavailable',
      detail: expect.stringContaining('certificate') as string,
    });
    expect(peers).toEqual([]);
  });

  it('reports the response of the proxy, without its credentials', async () => {
    const { host } = await startProxy((_request, socket) =>
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n'),
    );
    const outcome = await open({ proxy: new Secret(`http://user:hunter2@${host}`) })();
    expect(outcome).toMatchObject({
      reason: 'unavailable',
      detail: 'cannot reach the token endpoint: the proxy responded with 407',
    });
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
  });

  it('ends in time when the proxy is silent, and succeeds when it responds again', async () => {
    const { host, tunnels, become } = await startProxy(() => {});
    const obtain = open({ proxy: new Secret(`http://${host}`), timeoutMs: 250 });
    expect(await obtain()).toMatchObject({ reason: 'timeout' });
    become(tunnel);
    await expect.poll(async () => (await obtain()).kind, { timeout: 10_000 }).toBe('token');
    expect(tunnels.length).toBeGreaterThan(1);
  });

  it.each([
    ['HTTPS_PROXY', { HTTPS_PROXY: 'socks5://user:hunter2@127.0.0.1' }],
    ['HTTP_PROXY', { HTTP_PROXY: 'http://hunter2:x:y', HTTPS_PROXY: '' }],
  ])('does not bypass a proxy that %s names wrongly', async (name, env) => {
    const outcome = await open({}, env)();
    expect(outcome).toMatchObject({
      reason: 'unavailable',
      detail: `${name} is not the http or https URL of a proxy`,
    });
    expect(peers).toEqual([]);
  });
});

function pair(): { readonly cert: string; readonly key: Secret } {
  const { cert, key } = authority.issue('client');
  return { cert, key: new Secret(key) };
}

describe('clientConfig.proxy', () => {
  const problems = (proxy: unknown) =>
    parseClientCredentials({ url: 'https://as.example/token', clientConfig: { proxy } }).problems.map(
      ({ severity, path, message }) => `${severity} ${path.join('.')}: ${message}`,
    );
  it.each(['http://proxy:3128', 'https://user:pass@proxy', 'http://[::1]:1/'])('may be %s', (proxy) => {
    expect(problems(proxy)).toEqual([]);
  });
  it.each(['proxy:3128', 'socks5://hunter2', 'http://hunter2/path', 'http://hunter2?x', 'hunter2', 5])(
    'is an error that does not repeat it: %s',
    (proxy) => {
      const found = problems(proxy);
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(/^error clientConfig\.proxy: expected /);
      expect(found[0]).not.toContain('hunter2');
    },
  );
});
