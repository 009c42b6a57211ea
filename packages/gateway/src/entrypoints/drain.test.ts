import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import type { Server, ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createDeferred } from '../../../testkit/src/deferred.ts';
import { startServer } from '../../../testkit/src/http-server.ts';
import { startEntryPoint, type TestEntryPoint, type TestEntryPointOptions } from './entry-point.testkit.ts';
import { openRaw, type RawConnection } from '../../../testkit/src/raw-connection.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

/** A gateway in front of a server that begins a response and lets the test end it. */
async function start(options: TestEntryPointOptions = {}) {
  const clock = createFakeClock();
  const held = createDeferred<ServerResponse>();
  const upstream = await startServer(
    (request, response) => {
      if (request.url !== '/held' && request.url !== '/streaming') {
        response.end('ok');
        return;
      }
      if (request.url === '/streaming') response.write('part');
      held.resolve(response);
    },
    (server) =>
      server.on('upgrade', (_request, socket) =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n'),
      ),
  );
  cleanups.push(() => upstream.close());
  const gateway = await startEntryPoint({ servers: [upstream.url], clock, ...options });
  const open = async (text?: string): Promise<RawConnection> => {
    const connection = await openRaw(gateway.port, text);
    cleanups.push(async () => void connection.socket.destroy());
    return connection;
  };
  return { gateway, clock, held, open };
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`;

async function isRefused({ port }: TestEntryPoint): Promise<boolean> {
  const socket = connect({ port, host: '127.0.0.1' });
  const [error] = (await once(socket, 'error')) as [NodeJS.ErrnoException];
  return error.code === 'ECONNREFUSED';
}

describe('a gateway that shuts down', () => {
  test('closes at once without requests in flight, idle connections included, and leaves no timer', async () => {
    const { gateway, clock, open } = await start();
    const idle = await open(get('/'));
    await idle.until(/ok$/);
    const fresh = await open();
    await gateway.close();
    await idle.closed();
    await fresh.closed();
    expect(clock.pending()).toBe(0);
    expect(await isRefused(gateway)).toBe(true);
  });

  test('lets a request in flight finish, and announces that the connection closes', async () => {
    const { gateway, clock, held, open } = await start();
    const connection = await open(get('/held'));
    const response = await held.promise;
    const drained = gateway.close();
    expect(await isRefused(gateway)).toBe(true);
    response.end('the answer');
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 200 [^]*Connection: close[^]*the answer/);
    await drained;
    expect(gateway.leases()).toBe(0);
    expect(clock.pending()).toBe(0);
  });

  test('lets a stream that has begun finish', async () => {
    const { gateway, held, open } = await start();
    const connection = await open(get('/streaming'));
    await connection.until(/part/);
    const drained = gateway.close();
    (await held.promise).end('the rest');
    expect(await connection.closed()).toMatch(/part[^]*the rest\r\n0\r\n\r\n$/);
    await drained;
  });

  test('refuses a new request on a connection that is still open', async () => {
    const { gateway, held, open } = await start();
    const streaming = await open(get('/streaming'));
    await streaming.until(/part/);
    // The head is incomplete when the drain begins, so its connection is not idle and stays open. The next connection is accepted
    // and read after it; its response shows that half of the head has arrived.
    const second = await open('GET /late HTTP/1.1\r\n');
    const third = await open(get('/'));
    await third.until(/ok$/);
    const drained = gateway.close();
    second.send('Host: a\r\n\r\n');
    expect(await second.closed()).toMatch(
      /^HTTP\/1\.1 503 [^]*Retry-After: 1\r\n[^]*Connection: close\r\n[^]*gateway_draining/,
    );
    (await held.promise).end();
    await drained;
    expect(gateway.records.map(({ status, refusal }) => [status, refusal?.code])).toEqual([
      [200, undefined],
      [503, 'gateway_draining'],
      [200, undefined],
    ]);
    expect(gateway.leases()).toBe(0);
  });

  test('closes requests that are still in flight after the grace time', async () => {
    const { gateway, clock, held, open } = await start({ transport: { graceTimeoutMs: 5000 } });
    const connection = await open(get('/streaming'));
    await connection.until(/part/);
    await held.promise;
    let done = false;
    const drained = gateway.close().then(() => (done = true));
    await clock.advance(4999);
    expect(done).toBe(false);
    await clock.advance(1);
    await drained;
    expect(await connection.closed()).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(gateway.records).toHaveLength(1);
    expect(gateway.leases()).toBe(0);
  });

  test('closes WebSockets once the requests have finished', async () => {
    const { gateway, held, open } = await start();
    const webSocket = await open(
      'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await webSocket.until(/101 Switching/);
    const connection = await open(get('/held'));
    const response = await held.promise;
    const drained = gateway.close();
    response.end('the answer');
    await connection.closed();
    await webSocket.closed();
    await drained;
    expect(gateway.records.map(({ status }) => status).sort()).toEqual([101, 200]);
    expect(gateway.leases()).toBe(0);
  });
});

describe('a gateway whose connections another process takes over', () => {
  test('responds to one more request on each open connection, announces that it is the last, and finishes', async () => {
    const { gateway, clock, held, open } = await start();
    const idle = await open(get('/'));
    await idle.until(/ok$/);
    const fresh = await open();
    const busy = await open(get('/held'));
    const response = await held.promise;
    const retired = gateway.entryPoint.retire();
    expect(await isRefused(gateway)).toBe(true);
    response.end('the answer');
    expect(await busy.closed()).toMatch(/^HTTP\/1\.1 200 [^]*Connection: close[^]*the answer/);
    for (const connection of [idle, fresh]) connection.send(get('/'));
    expect(await idle.closed()).toMatch(/Connection: keep-alive[^]*ok[^]* 200 [^]*Connection: close[^]*ok$/);
    expect(await fresh.closed()).toMatch(/^HTTP\/1\.1 200 [^]*Connection: close[^]*ok$/);
    await retired;
    await gateway.close();
    expect(clock.pending()).toBe(0);
    expect(gateway.records.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  });

  test('leaves silent connections and WebSockets open for the grace time, and then drains', async () => {
    const { gateway, clock, open } = await start({ transport: { graceTimeoutMs: 5000 } });
    const idle = await open(get('/'));
    await idle.until(/ok$/);
    const webSocket = await open(
      'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await webSocket.until(/101 Switching/);
    let done = false;
    const retired = gateway.entryPoint.retire().then(() => (done = true));
    await clock.advance(4999);
    expect(done).toBe(false);
    await clock.advance(1);
    await retired;
    await gateway.close();
    await idle.closed();
    await webSocket.closed();
    expect(clock.pending()).toBe(0);
  });

  test('drains at once when drain is called meanwhile', async () => {
    const { gateway, clock, open } = await start();
    const idle = await open(get('/'));
    await idle.until(/ok$/);
    const retired = gateway.entryPoint.retire();
    await gateway.close();
    await retired;
    await idle.closed();
    expect(clock.pending()).toBe(0);
  });
});

test('a connection that the system cannot open is reported, and the entry point continues', async () => {
  const { gateway, open } = await start();
  const found = createDeferred<Server>();
  const onRequest = (message: unknown): void => found.resolve((message as { server: Server }).server);
  subscribe('http.server.request.start', onRequest);
  // In absolute form, so that Node.js's server reads it.
  const connection = await open(get('http://a/'));
  const server = await found.promise;
  unsubscribe('http.server.request.start', onRequest);
  await connection.until(/ok$/);
  // Node.js does this when accept(2) fails, which no test can cause without exhausting the descriptors of all other tests.
  const error = Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' });
  server.emit('error', error);
  server.emit('error', error);
  expect(gateway.defects).toEqual([error]);
  connection.send(get('/'));
  await connection.until(/ok[^]*ok$/);
  await gateway.close();
});
