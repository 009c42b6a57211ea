import { request as httpRequest } from 'node:http';
import {
  createSecureServer,
  createServer as createHttp2Server,
  type Http2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createTestAuthority } from '../../../testkit/src/certificates.ts';
import { createDeferred } from '../../../testkit/src/deferred.ts';
import { openRaw } from '../../../testkit/src/raw-connection.ts';
import { until } from '../../../testkit/src/until.ts';
import {
  allow,
  startEntryPoint,
  type TestEntryPoint,
  type TestEntryPointOptions,
} from '../entrypoints/entry-point.testkit.ts';

type Http2Listener = (request: Http2ServerRequest, response: Http2ServerResponse) => void;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  for (const event of ['connection', 'secureConnection'])
    server.on(event, (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

async function openGateway(options: TestEntryPointOptions): Promise<TestEntryPoint> {
  const gateway = await startEntryPoint(options);
  cleanups.push(() => gateway.close());
  return gateway;
}

async function start(
  listener: Http2Listener,
  options: TestEntryPointOptions = {},
): Promise<{ readonly gateway: TestEntryPoint; readonly server: Http2Server }> {
  const server = createHttp2Server(listener);
  const port = await listen(server);
  return { gateway: await openGateway({ servers: [`h2c://127.0.0.1:${port}`], ...options }), server };
}

async function exchange(gateway: TestEntryPoint, bytes: string, end: RegExp): Promise<string> {
  const connection = await openRaw(gateway.port, bytes);
  const text = await connection.until(end);
  connection.socket.destroy();
  return text;
}

describe('a request to an h2c server', () => {
  it('has the headers of the gateway, and none about a connection', async () => {
    const arrived = createDeferred<Http2ServerRequest>();
    const { gateway } = await start(
      (request, response) => {
        arrived.resolve(request);
        response.setHeader('X-Answer', 'yes');
        response.end('ok');
      },
      { steps: [() => allow({ Group: 'admin' })] },
    );
    const text = await exchange(
      gateway,
      'GET /a?b=c HTTP/1.1\r\nHost: a.example\r\nConnection: keep-alive\r\nTE: trailers\r\nKeep-Alive: 5\r\nGroup: root\r\nCookie: a=b\r\nCookie: c=d\r\n\r\n',
      /ok\r\n0\r\n\r\n$/,
    );
    expect(text).toMatch(/^HTTP\/1\.1 200 \r\n[^]*x-answer: yes\r\n/);
    const { headers } = await arrived.promise;
    expect(headers).toMatchObject({
      ':method': 'GET', ':path': '/a?b=c', ':authority': 'a.example', ':scheme': 'http',
      group: 'admin', authorization: 'Bearer issued-token', te: 'trailers', cookie: 'a=b; c=d', 'x-forwarded-host': 'a.example',
    }); // prettier-ignore
    expect(headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
    expect(Object.keys(headers)).not.toContain('host');
    expect(Object.keys(headers)).not.toContain('keep-alive');
    expect((await gateway.recorded(1)).originStatus).toBe(200);
  });

  it('shares one connection with the others', async () => {
    const sessions = new Set<unknown>();
    const { gateway } = await start((request, response) => {
      sessions.add(request.stream.session);
      response.end('ok');
    });
    for (let round = 0; round < 3; round += 1)
      await Promise.all(
        Array.from({ length: 10 }, () =>
          exchange(gateway, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /ok\r\n0\r\n\r\n$/),
        ),
      );
    expect(sessions.size).toBe(1);
  });

  it('carries trailers in both directions', async () => {
    const { gateway } = await start((request, response) => {
      request.resume().on('end', () => {
        response.write('body');
        response.addTrailers({ 'X-Sum': String(request.trailers['x-sum']), 'set-cookie': 'a=b' });
        response.end();
      });
    });
    const text = await exchange(
      gateway,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 42\r\nHost: evil\r\n\r\n',
      /\r\n0\r\n[^]*\r\n\r\n$/,
    );
    expect(text).toMatch(/body\r\n0\r\nx-sum: 42\r\n\r\n$/);
  });

  it('is refused with 502 when the server does not speak HTTP/2', async () => {
    const port = await listen(createHttpsServer());
    const gateway = await openGateway({ servers: [`h2c://127.0.0.1:${port}`] });
    expect(await exchange(gateway, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /\}$/)).toMatch(
      /^HTTP\/1\.1 502 [^]*"code":"upstream_refused"/,
    );
  });

  it('is aborted with the response of the server', async () => {
    const { gateway } = await start((_request, response) => {
      response.write('part');
      response.stream.close(2);
    });
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await connection.closed()).not.toMatch(/\r\n0\r\n\r\n$/);
    connection.socket.destroy();
    expect((await gateway.recorded(1)).originFault).toMatch(/INTERNAL_ERROR|closed/);
  });

  it('is aborted when the caller disconnects', async () => {
    const aborted = createDeferred();
    const arrived = createDeferred();
    const { gateway } = await start((request) => {
      request.on('aborted', () => aborted.resolve());
      arrived.resolve();
    });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n',
    );
    await arrived.promise;
    connection.socket.destroy();
    await expect(aborted.promise).resolves.toBeUndefined();
  });

  it('streams in both directions at once', async () => {
    const { gateway } = await start((request, response) => {
      response.writeHead(200);
      request.on('data', (part: Buffer) => void response.write(`<${String(part)}>`));
      request.on('end', () => void response.end());
    });
    const sent = httpRequest(`${gateway.origin}/`, { method: 'POST' });
    let seen = '';
    sent.on('response', (response) => response.on('data', (part: Buffer) => (seen += String(part))));
    for (const ball of ['a', 'b', 'c']) {
      sent.write(ball);
      await until(() => seen.endsWith(`<${ball}>`));
    }
    sent.end();
    expect(seen).toBe('<a><b><c>');
  });
});

describe('a request to an https server', () => {
  const authority = createTestAuthority();
  const tlsFor = (): TestEntryPointOptions['upstreamTransport'] => ({
    tls: {
      serverName: 'localhost',
      insecureSkipVerify: false,
      rootCAs: [authority.cert],
      certificates: [],
      peerCertURI: undefined,
    },
  });

  it('uses HTTP/2 when the server chooses it, unless that is disabled', async () => {
    const versions: string[] = [];
    const pair = authority.issue('localhost', ['localhost']);
    const port = await listen(
      createSecureServer({ ...pair, allowHTTP1: true }, (request, response) => {
        versions.push(request.httpVersion);
        response.end('ok');
      }),
    );
    const servers = [`https://127.0.0.1:${port}`];
    const both = await openGateway({ servers, upstreamTransport: tlsFor()! });
    const old = await openGateway({ servers, upstreamTransport: { ...tlsFor(), disablesHttp2: true } });
    for (const gateway of [both, both, old])
      await exchange(gateway, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /200 [^]*ok(?:\r\n0\r\n\r\n)?$/);
    expect(versions).toEqual(['2.0', '2.0', '1.1']);
  });

  it('uses HTTP/1.1 with a server that offers nothing else, and for WebSocket', async () => {
    const pair = authority.issue('localhost', ['localhost']);
    const server = createHttpsServer(pair, (request, response) => response.end(request.httpVersion));
    server.on('upgrade', (_request, socket) =>
      socket.end(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframe',
      ),
    );
    const port = await listen(server);
    const gateway = await openGateway({
      servers: [`https://127.0.0.1:${port}`],
      upstreamTransport: tlsFor()!,
    });
    const one = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';
    for (const text of await Promise.all([exchange(gateway, one, /1\.1$/), exchange(gateway, one, /1\.1$/)]))
      expect(text).toMatch(/^HTTP\/1\.1 200 OK/);
    const upgrade = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    expect(await exchange(gateway, upgrade, /frame$/)).toMatch(/^HTTP\/1\.1 101 /);
  });

  it('is refused when the certificate is not trusted', async () => {
    const port = await listen(createSecureServer(authority.issue('other', ['other'])));
    const gateway = await openGateway({
      servers: [`https://127.0.0.1:${port}`],
      upstreamTransport: tlsFor()!,
    });
    expect(await exchange(gateway, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', /\}$/)).toMatch(/^HTTP\/1\.1 502 /);
  });
});
