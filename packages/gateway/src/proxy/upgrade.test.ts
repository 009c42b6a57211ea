import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, test } from 'vitest';
import { until } from '../../../testkit/src/until.ts';
import { allow, deny, startEntryPoint, type OnRequest } from '../entrypoints/entry-point.testkit.ts';
import { createDeferred } from '../../../testkit/src/deferred.ts';
import { startServer } from '../../../testkit/src/http-server.ts';
import { openRaw, type RawConnection } from '../../../testkit/src/raw-connection.ts';
import { total, writeUntilFull } from './back-pressure.testkit.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

const key = 'dGhlIHNhbXBsZSBub25jZQ==';
const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
const handshake = (extra = ''): string =>
  `GET /ws?a=b HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\nOrigin: https://a\r\n${extra}\r\n`;

async function start(steps: readonly OnRequest[], first = '') {
  const upgraded = createDeferred<{
    request: IncomingMessage;
    socket: Duplex;
    received: () => string;
    ended: Promise<void>;
  }>();
  const requests: string[] = [];
  const upstream = await startServer(
    (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        requests.push(
          `${request.method} ${request.url} ${Buffer.concat(chunks).toString()} ${request.headers.upgrade ?? '-'}`,
        );
        if (request.url === '/ws-refused') response.writeHead(426).end('x'.repeat(4_000_000));
        else response.end('plain');
      });
    },
    (server) =>
      server.on('upgrade', (request, socket, head) => {
        if (request.url === '/ws-refused') {
          const body = Buffer.alloc(4_000_000, 'x');
          socket.write(
            `HTTP/1.1 426 Upgrade Required\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n`,
          );
          socket.end(body);
          return;
        }
        let received = head.toString();
        socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
        socket.on('error', () => {});
        const ended = new Promise<void>((resolve) => socket.on('end', resolve).on('close', resolve));
        socket.write(
          `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n${first}`,
        );
        upgraded.resolve({ request, socket, received: () => received, ended });
      }),
  );
  cleanups.push(() => upstream.close());
  const gateway = await startEntryPoint({ servers: [upstream.url], steps });
  cleanups.push(() => gateway.close());
  const open = async (text: string): Promise<RawConnection> => {
    const connection = await openRaw(gateway.port, text);
    cleanups.push(async () => void connection.socket.destroy());
    return connection;
  };
  return { gateway, upgraded, upstream, requests, open };
}

describe('a WebSocket', () => {
  test('opens through a middleware that adds the token, and carries bytes in both directions', async () => {
    const { gateway, upgraded, open } = await start(
      [() => allow({ Group: 'admin' }, 'jon')],
      'from the server',
    );
    const connection = await open(`${handshake('Authorization: Basic abc\r\nGroup: spoofed\r\n')}early`);
    const { request, socket, received, ended } = await upgraded.promise;
    expect(request.url).toBe('/ws?a=b');
    expect(request.headers).toMatchObject({
      authorization: 'Bearer issued-token',
      group: 'admin',
      origin: 'https://a',
      upgrade: 'websocket',
      'sec-websocket-key': key,
    });
    expect(await connection.until(/from the server/)).toMatch(
      new RegExp(
        `^HTTP/1\\.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nsec-websocket-accept: ${accept.replace(/[+/=]/g, '\\$&')}\r\n`,
        'i',
      ),
    );
    connection.send(' and later');
    await until(() => received() === 'early and later');
    socket.write('echo');
    await connection.until(/echo/);
    expect(gateway.records).toHaveLength(0);
    expect(gateway.leases()).toBe(1);
    connection.socket.end();
    await ended;
    await connection.closed();
    expect(await gateway.recorded(1)).toMatchObject({
      status: 101,
      originStatus: 101,
      clientUsername: 'jon',
      originBytes: 19,
    });
    expect(gateway.leases()).toBe(0);
  });

  test('that the server ends still gives the caller its last bytes', async () => {
    const { gateway, upgraded, open } = await start([() => allow()]);
    const connection = await open(handshake());
    await connection.until(/101/);
    connection.socket.pause();
    const last = Buffer.alloc(8_000_000, 'y');
    const { socket } = await upgraded.promise;
    socket.end(last);
    await new Promise((resolve) => setImmediate(resolve));
    connection.socket.resume();
    expect((await connection.closed()).match(/y/g)).toHaveLength(last.length);
    await gateway.recorded(1);
    expect(gateway.leases()).toBe(0);
  });

  test('waits for whichever side does not read', async () => {
    const { gateway, upgraded, open } = await start([() => allow()]);
    const connection = await open(handshake());
    await connection.until(/101/);
    const { socket } = await upgraded.promise;
    connection.socket.pause();
    expect(await writeUntilFull(socket)).toBeLessThan(total);
    socket.pause();
    expect(await writeUntilFull(connection.socket)).toBeLessThan(total);
    connection.socket.destroy();
    await gateway.recorded(1);
  });

  test('that the caller aborts ends at the server too', async () => {
    const { gateway, upgraded, open } = await start([() => allow()]);
    const connection = await open(handshake());
    await connection.until(/101/);
    connection.socket.resetAndDestroy();
    await (
      await upgraded.promise
    ).ended;
    expect(await gateway.recorded(1)).toMatchObject({ status: 101 });
    expect(gateway.leases()).toBe(0);
  });

  test('is refused before the handshake reaches the server', async () => {
    const { gateway, upstream, open } = await start([() => deny()]);
    const connection = await open(handshake());
    expect(await connection.closed()).toMatch(
      /^HTTP\/1\.1 401 [^]*WWW-Authenticate: Basic[^]*credentials_missing/,
    );
    expect(upstream.connections).toHaveLength(0);
    expect(await gateway.recorded(1)).toMatchObject({
      status: 401,
      refusal: { code: 'credentials_missing' },
    });
    expect(gateway.leases()).toBe(0);
  });

  test('that the server declines gives the caller the server’s response, however large', async () => {
    const { gateway, open } = await start([() => allow()]);
    const connection = await open(handshake().replace('/ws?a=b', '/ws-refused'));
    expect((await connection.closed()).match(/x/g)?.length).toBeGreaterThanOrEqual(4_000_000);
    expect(connection.text()).toMatch(/^HTTP\/1\.1 426 /);
    expect(await gateway.recorded(1)).toMatchObject({ status: 426, originStatus: 426 });
  });

  test('whose server cannot be reached is refused', async () => {
    const { gateway, upstream, open } = await start([() => allow()]);
    await upstream.close();
    const connection = await open(handshake());
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 502 /);
    expect(await gateway.recorded(1)).toMatchObject({ status: 502, refusal: { code: 'upstream_refused' } });
  });

  test('whose caller disconnects during the decision never reaches the server', async () => {
    const asked = createDeferred();
    const decision = createDeferred<ReturnType<typeof allow>>();
    let isFirst = true;
    const { gateway, upstream, requests, open } = await start([
      () => {
        if (!isFirst) return allow();
        isFirst = false;
        asked.resolve();
        return decision.promise;
      },
    ]);
    const connection = await open(handshake());
    await asked.promise;
    connection.socket.resetAndDestroy();
    expect(await gateway.recorded(1)).toMatchObject({ status: 499 });
    decision.resolve(allow());
    // The next request's connection to the server comes after any that the first could have opened.
    const next = await open('GET /next HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    await next.closed();
    expect(requests).toEqual(['GET /next  -']);
    expect(upstream.connections).toHaveLength(1);
    expect(gateway.leases()).toBe(0);
  });

  test('requested before the response to an earlier request closes only its own connection', async () => {
    const decision = createDeferred<ReturnType<typeof allow>>();
    let first = true;
    const { gateway, open } = await start([
      () => {
        if (!first) return allow();
        first = false;
        return decision.promise;
      },
    ]);
    const connection = await open(`GET / HTTP/1.1\r\nHost: a\r\n\r\n${handshake()}`);
    await connection.closed();
    await gateway.recorded(1);
    expect(gateway.records).toHaveLength(1);
    const other = await open('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await other.until(/plain/);
  });
});

describe('another protocol', () => {
  test.each(['tcp', 'Foo/2.0'])('%s is opened as requested', async (protocol) => {
    const heads: string[] = [];
    const server = createTcpServer((socket) => {
      cleanups.push(async () => void socket.destroy());
      socket.once('data', (head) => {
        heads.push(head.toString());
        socket.write(
          `HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: ${protocol.toUpperCase()}\r\n\r\nhello`,
        );
        socket.pipe(socket);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(async () => void server.close());
    const servers = [`http://127.0.0.1:${(server.address() as AddressInfo).port}`];
    const gateway = await startEntryPoint({ servers, steps: [() => allow()] });
    cleanups.push(() => gateway.close());
    const connection = await openRaw(
      gateway.port,
      `POST /attach HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\nContent-Length: 0\r\n\r\n`,
    );
    expect(await connection.until(/hello/)).toMatch(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n`,
    );
    expect(heads[0]).toMatch(`POST /attach HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: ${protocol}\r\n`);
    expect(heads[0]).toContain('Authorization: Bearer issued-token\r\n');
    connection.send('echo');
    await connection.until(/helloecho/);
    connection.socket.destroy();
    expect(await gateway.recorded(1)).toMatchObject({ status: 101, originStatus: 101 });
  });
});

describe('a request for another protocol', () => {
  test.each([
    ['GET', '', ''],
    ['POST', 'Content-Length: 5\r\n', 'hello'],
    ['POST', 'Transfer-Encoding: chunked\r\n', '5\r\nhello\r\n0\r\n\r\n'],
    ['GET', '', '', 'HTTP/1.1'],
    ['GET', '', '', 'TLS/1.2'],
    ['GET', '', '', 'foo, bar'],
    ['POST', 'Content-Length: 5\r\n', 'hello', 'foo'],
  ])('is served without the upgrade: %s %s %s %s', async (method, headers, body, protocol = 'h2c') => {
    const { gateway, requests, open } = await start([() => allow()]);
    const connection = await open(
      `${method} /h2c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: ${protocol}\r\nHTTP2-Settings: AAMA\r\n${headers}\r\n${body}`,
    );
    await connection.until(/^HTTP\/1\.1 200 [^]*plain/);
    // The connection continues like any other.
    connection.send('GET /again HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.until(/plain[^]*plain/);
    expect(requests).toEqual([`${method} /h2c ${body === '' ? '' : 'hello'} -`, 'GET /again  -']);
    await gateway.recorded(2);
    expect(gateway.records).toHaveLength(2);
    expect(gateway.leases()).toBe(0);
  });

  test('that a server repeatedly declines on one connection leaves no listeners behind', async () => {
    const { gateway, open } = await start([() => allow()]);
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const connection = await open('');
    for (let round = 1; round <= 30; round += 1) {
      connection.send(
        'POST /h2c HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\nhello',
      );
      await gateway.recorded(round);
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
    expect(gateway.records).toHaveLength(30);
  });
});
