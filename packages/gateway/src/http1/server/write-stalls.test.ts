import type { ServerResponse } from 'node:http';
import { connect as connectTcp, type Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { turns, until } from '../../../../testkit/src/until.ts';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { createTestAuthority } from '../../../../testkit/src/certificates.ts';
import { startServer } from '../../../../testkit/src/http-server.ts';
import { startEntryPoint, type TestEntryPointOptions } from '../../entrypoints/entry-point.testkit.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

const authority = createTestAuthority();
const pair = authority.issue('localhost', ['localhost']);

const mebibyte = 1024 * 1024;
const endless = 1024 * mebibyte;

/** A gateway in front of a server that sends as much as the gateway reads. */
async function start(options: Partial<TestEntryPointOptions> = {}) {
  const clock = createFakeClock();
  const sent = { bytes: 0 };
  const part = Buffer.alloc(65_536, 'x');
  const pump = (to: Writable): void => {
    while (to.writable && sent.bytes < endless) {
      sent.bytes += part.length;
      if (!to.write(part)) break;
    }
  };
  const upstream = await startServer(
    (request, response: ServerResponse) => {
      request.resume();
      if (request.url === '/small') {
        response.end('small');
        return;
      }
      response.on('drain', () => pump(response));
      if (request.url === '/length') response.setHeader('Content-Length', String(endless));
      pump(response);
    },
    (server) =>
      server.on('upgrade', (_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
        socket.on('drain', () => pump(socket));
        pump(socket);
      }),
  );
  cleanups.push(() => upstream.close());
  const gateway = await startEntryPoint({ servers: [upstream.url], clock, ...options });
  cleanups.push(() => gateway.close());
  return {
    clock,
    gateway,
    upstream,
    sent,
    /** Resolves when no more bytes move. */
    settled: async (): Promise<void> => {
      let before = 0;
      do {
        before = sent.bytes;
        await turns(100);
      } while (sent.bytes === 0 || sent.bytes !== before);
    },
    /**
     * Advances the clock until no connection is open. On a busy machine, bytes may still move between two checks of a connection.
     */
    cutOff: () =>
      until(async () => {
        await clock.advance(15_000);
        return gateway.entryPoint.connections() === 0;
      }),
    open: (text: string): Socket => {
      const at = { port: gateway.port, host: '127.0.0.1' };
      const isTls = options.certificates !== undefined;
      const socket = isTls ? connectTls({ ...at, rejectUnauthorized: false }) : connectTcp(at);
      socket.on('error', () => {}).pause();
      socket.write(text);
      cleanups.push(() => void socket.destroy());
      return socket;
    },
  };
}

/** Reads this many more bytes. */
function take(socket: Socket, bytes: number): Promise<void> {
  return new Promise((resolve) => {
    let left = bytes;
    const onData = (part: Buffer): void => {
      left -= part.length;
      if (left > 0) return;
      socket.off('data', onData).pause();
      resolve();
    };
    socket.on('data', onData).resume();
  });
}

const websocket = 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const chunked = 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';

const ways: readonly (readonly [string, string, Partial<TestEntryPointOptions>])[] = [
  ['on the fast path', 'GET /length HTTP/1.1\r\nHost: a\r\n\r\n', {}],
  ['on the fast path, in chunks', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', {}],
  ['on the fast path, of HTTP/1.0', 'GET / HTTP/1.0\r\nHost: a\r\n\r\n', {}],
  ['on the path of Node.js', chunked, {}],
  ['on the fast path over TLS', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n', { certificates: [pair] }],
  ['on the path of Node.js over TLS', chunked, { certificates: [pair] }],
  ['on a WebSocket', websocket, {}],
  ['on a WebSocket over TLS', websocket, { certificates: [pair] }],
];

describe('a caller that does not read its response', () => {
  test.each(ways)('%s, is disconnected, and its request is aborted', async (_way, text, options) => {
    const { clock, cutOff, gateway, upstream, sent, settled, open } = await start(options);
    open(text);
    await settled();
    // Little more than the system's buffers for both connections.
    expect(sent.bytes).toBeLessThan(64 * mebibyte);
    await clock.advance(59_000);
    expect(gateway.entryPoint.connections()).toBe(1);
    expect(upstream.connections.filter(({ destroyed }) => !destroyed)).toHaveLength(1);
    await cutOff();
    await until(() => upstream.connections.every(({ destroyed }) => destroyed));
    expect(await gateway.recorded(1)).toMatchObject({ status: text === websocket ? 101 : 200 });
    expect(gateway.leases()).toBe(0);
  });

  test.each(ways)('%s, but reads some at times, is not disconnected', async (_way, text, options) => {
    const { clock, cutOff, gateway, settled, open } = await start(options);
    const socket = open(text);
    await settled();
    for (let round = 0; round < 3; round += 1) {
      await clock.advance(40_000);
      expect(gateway.entryPoint.connections()).toBe(1);
      // More than the system buffers before it accepts more.
      await take(socket, 12 * mebibyte);
      await settled();
    }
    await cutOff();
  });

  test('stays open indefinitely without a limit', async () => {
    const { clock, gateway, settled, open } = await start({ transport: { writeTimeoutMs: 0 } });
    const socket = open('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await settled();
    await clock.advance(10_000_000);
    expect(gateway.entryPoint.connections()).toBe(1);
    socket.destroy();
    await until(() => gateway.entryPoint.connections() === 0);
  });
});

test('a caller that reads one response late, and then the next, is not disconnected', async () => {
  const { clock, gateway, settled, open } = await start();
  const socket = open('GET /small HTTP/1.1\r\nHost: a\r\n\r\n');
  await gateway.recorded(1);
  await clock.advance(50_000);
  await take(socket, 5);
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
  await settled();
  await clock.advance(50_000);
  expect(gateway.entryPoint.connections()).toBe(1);
});

describe('a TLS handshake', () => {
  const limits = { certificates: [pair], transport: { headerTimeoutMs: 300 } };

  test('that does not begin is cut off', async () => {
    const { gateway, open } = await start(limits);
    connectTo(gateway.port);
    await until(() => gateway.entryPoint.connections() === 1);
    await until(() => gateway.entryPoint.connections() === 0);
    // Others go on.
    open('GET /small HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await gateway.recorded(1)).toMatchObject({ status: 200 });
  });

  test('that begins and then stalls is cut off', async () => {
    const { gateway } = await start(limits);
    connectTo(gateway.port).write(Buffer.from([22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3, 7, 7, 7]));
    await until(() => gateway.entryPoint.connections() === 1);
    await until(() => gateway.entryPoint.connections() === 0);
    expect(gateway.records).toHaveLength(0);
  });

  test('that is not TLS is closed at once', async () => {
    const { gateway } = await start({ certificates: [pair], transport: { headerTimeoutMs: 60_000 } });
    connectTo(gateway.port).write('GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await until(() => gateway.entryPoint.connections() === 1);
    await until(() => gateway.entryPoint.connections() === 0);
    expect(gateway.records).toHaveLength(0);
  });

  function connectTo(port: number): Socket {
    const socket = connectTcp({ port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    cleanups.push(() => void socket.destroy());
    return socket;
  }
});
