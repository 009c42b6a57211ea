import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { turns, until } from '../../../../testkit/src/until.ts';
import { ask, get } from './ask.testkit.ts';
import type { Pool } from './pool.ts';
import { answering, createBody, createPoolKit, ok, reset } from './pool.testkit.ts';
import type { RequestControl } from './request.ts';

const { serve, open, close, onClose } = createPoolKit();
afterEach(close);

describe('a connection', () => {
  test('serves one request after the other, the most recently used connection first', async () => {
    const { origin, sockets } = await serve(answering(ok));
    const { pool } = open(origin);
    for (let count = 0; count < 5; count += 1) expect((await ask(pool)).body).toBe('ok');
    expect(sockets).toHaveLength(1);
    expect(pool.stats()).toMatchObject({ open: 1, idle: 1 });
    await Promise.all([ask(pool), ask(pool), ask(pool)]);
    expect(sockets).toHaveLength(3);
    expect(pool.stats()).toMatchObject({ open: 3, idle: 3 });
  });

  test.each([
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['bytes without a request', `${ok}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged`],
    ['Keep-Alive: timeout=2, below the margin', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 2\r\n\r\nok'], // prettier-ignore
  ])('is not used again after %s', async (_, answer) => {
    const { origin, sockets } = await serve(answering(answer));
    const { pool } = open(origin);
    for (let count = 0; count < 2; count += 1) expect((await ask(pool)).body).toBe('ok');
    expect(sockets).toHaveLength(2);
    expect(pool.stats()).toMatchObject({ open: 0, idle: 0 });
  });

  test('is destroyed when the server sends bytes without a request', async () => {
    const { origin, sockets } = await serve(answering(ok));
    const { pool } = open(origin);
    await ask(pool);
    sockets[0]!.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged');
    await until(() => pool.stats().open === 0);
    expect((await ask(pool)).body).toBe('ok');
    expect(sockets).toHaveLength(2);
  });

  test('leaves the pool at once when the server closes it while idle', async () => {
    const { origin, sockets } = await serve(answering(ok));
    const { pool } = open(origin);
    await ask(pool);
    sockets[0]!.end();
    await until(() => pool.stats().open === 0);
    expect((await ask(pool)).body).toBe('ok');
    expect(sockets).toHaveLength(2);
  });

  test.each([
    ['4 s when the server says nothing', '', 4_000],
    ['two seconds less than the server says', 'Keep-Alive: timeout=10, max=100\r\n', 8_000],
    ['ten minutes at most', 'Keep-Alive: timeout=100000\r\n', 600_000],
  ])('is kept while idle for %s', async (_, header, ms) => {
    const { origin } = await serve(answering(`HTTP/1.1 200 OK\r\n${header}Content-Length: 2\r\n\r\nok`));
    const { pool, clock } = open(origin);
    await ask(pool);
    await clock.advance(ms - 1_001);
    expect(pool.stats()).toMatchObject({ open: 1, idle: 1 });
    await clock.advance(1_001);
    expect(pool.stats()).toMatchObject({ open: 0, idle: 0 });
    expect(clock.pending()).toBe(0);
  });
});

describe('a time limit', () => {
  test('on the connection: a TLS handshake without a response', async () => {
    const { origin, sockets } = await serve(() => {});
    const { pool, clock } = open(origin.replace('http:', 'https:'));
    const asked = ask(pool);
    await until(() => sockets.length > 0);
    await clock.advance(29_999);
    expect(pool.stats().open).toBe(1);
    await clock.advance(1_001);
    expect((await asked).fault?.code).toBe('connect_timeout');
  });

  test('on the head, from the end of the request; an interim response restarts it', async () => {
    const { origin, sockets, received } = await serve(() => {});
    const { pool, clock } = open(origin);
    const body = createBody(undefined);
    let parts = 0;
    const asked = ask(pool, { method: 'POST', body }, undefined, () => (parts += 1));
    const sink = await body.started;
    // A slow caller is not the server's fault.
    await clock.advance(1_000_000);
    sink.end([]);
    await until(() => received(0).endsWith('\r\n0\r\n\r\n'));
    await clock.advance(59_999);
    sockets[0]!.write('HTTP/1.1 102 Processing\r\n\r\n');
    await until(() => parts > 0);
    await clock.advance(59_000);
    expect(pool.stats().open).toBe(1);
    await clock.advance(2_001);
    expect(await asked).toMatchObject({ interim: [102], fault: { code: 'head_timeout' } });
  });

  test('on the next part of a body', async () => {
    const { origin, sockets } = await serve(
      (socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhe'),
    );
    const { pool, clock } = open(origin);
    let parts = 0;
    const asked = ask(pool, {}, undefined, () => (parts += 1));
    await until(() => parts > 0);
    await clock.advance(9_000);
    const before = parts;
    sockets[0]!.write('ll');
    await until(() => parts > before);
    await clock.advance(9_000);
    expect(pool.stats().open).toBe(1);
    await clock.advance(2_001);
    expect(await asked).toMatchObject({ status: 200, body: 'hell', fault: { code: 'body_timeout' } });
  });

  test('of 0 means no limit', async () => {
    const { origin, sockets } = await serve(() => {});
    const { pool, clock } = open(origin, { headMs: 0 });
    const asked = ask(pool);
    await until(() => sockets.length > 0 && sockets[0]!.bytesRead > 0);
    await clock.advance(100_000_000);
    sockets[0]!.write(ok);
    expect((await asked).body).toBe('ok');
  });

  test('costs one timer, whatever the number of requests', async () => {
    const { origin, sockets } = await serve(() => {});
    const { pool, clock } = open(origin);
    const calls: RequestControl[] = [];
    for (let count = 0; count < 50; count += 1) void ask(pool, {}, (call) => calls.push(call));
    await until(() => sockets.length === 50);
    expect(clock.pending()).toBe(1);
    for (const call of calls) call.abort();
    expect(clock.pending()).toBe(0);
  });
});

describe('a body', () => {
  test('that ends with the connection is complete by its end, not by a reset', async () => {
    const head = 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbody';
    const ended = await serve((socket) => void socket.end(head));
    expect(await ask(open(ended.origin).pool)).toMatchObject({ body: 'body', fault: undefined });
    const broken = await serve((socket) => void socket.write(head));
    const asked = ask(open(broken.origin).pool, {}, undefined, () => reset(broken.sockets[0]!));
    expect(await asked).toMatchObject({ status: 200, fault: { code: 'connection_lost' } });
  });

  test.each([
    ['with a length', (text: string) => `Content-Length: ${text.length}\r\n\r\n${text}`],
    ['in chunks', (text: string) => `Transfer-Encoding: chunked\r\n\r\n${text.replace(/[^]{1,70000}/g, (part) => `${part.length.toString(16)}\r\n${part}\r\n`)}0\r\n\r\n`], // prettier-ignore
  ])('of many megabytes arrives as sent, even with others in parallel: %s', async (_, frame) => {
    const bodies = [0, 1, 2, 3].map((seed) =>
      Array.from({ length: 300_000 }, (_, i) => String((i * 7919 + seed * 104_729) % 10_000)).join(' '),
    );
    const { origin } = await serve((socket, text) => {
      const which = /GET \/(\d)/g;
      const last = [...text.matchAll(which)].at(-1)?.[1];
      socket.write(`HTTP/1.1 200 OK\r\n${frame(bodies[Number(last)]!)}`, 'latin1');
    });
    const { pool } = open(origin);
    for (let round = 0; round < 2; round += 1) {
      // Handlers that keep owned parts, and copy lent ones.
      const got = await Promise.all(bodies.map((_, which) => keep(pool, `/${which}`)));
      got.forEach((body, which) => expect(body === bodies[which]).toBe(true));
    }
    expect(pool.stats()).toMatchObject({ open: 4, idle: 4 });
  });

  test('waits for a handler that cannot take more', async () => {
    const part = Buffer.alloc(64 * 1024, 'x');
    const { origin, sockets } = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n');
      for (let count = 0; count < 1024; count += 1) socket.write(part);
    });
    const { pool } = open(origin, { bodyIdleMs: 1000 });
    let call: RequestControl | undefined;
    let bytes = 0;
    let takes = false;
    const done = new Promise<string>((resolve) => {
      call = pool.dispatch(get, {
        onInterim() {},
        onHead() {},
        onData: (data) => void (bytes += data.length),
        onFlush: () => takes,
        onEnd: () => resolve('end'),
        onUpgrade() {},
        onFault: ({ code }) => resolve(code),
      });
    });
    await until(() => bytes > 0 || (sockets[0]?.bytesWritten ?? 0) > 1000);
    await turns(100);
    expect(bytes).toBeLessThanOrEqual(part.length);
    takes = true;
    call!.resume();
    expect(await done).toBe('end');
    expect(bytes).toBe(67_108_864);
  });

  /** Collects a body like a handler that keeps its parts. */
  function keep(pool: Pool, target: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const parts: Buffer[] = [];
      pool.dispatch(
        { ...get, target },
        {
          onInterim() {},
          onHead() {},
          onData: (data, lent) => void parts.push(lent ? Buffer.from(data) : data),
          onFlush: () => true,
          onEnd: () => resolve(Buffer.concat(parts).toString('latin1')),
          onUpgrade() {},
          onFault: ({ reason }) => reject(new Error(reason)),
        },
      );
    });
  }
});

describe('another protocol', () => {
  test('takes over its connection, with the bytes that followed the response', async () => {
    const { origin, received } = await serve((socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframe',
      );
    });
    const { pool } = open(origin);
    expect(await ask(pool, { upgrade: 'websocket' })).toMatchObject({ status: 101, body: 'frame' });
    expect(received(0)).toContain('\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
    expect(pool.stats()).toMatchObject({ open: 0, idle: 0 });
  });

  test.each([
    ['none', ''],
    ['another one', 'Upgrade: h2c\r\n'],
  ])('that is %s is refused', async (_, header) => {
    const { origin } = await serve((socket) => void socket.write(`HTTP/1.1 101 X\r\n${header}\r\n`));
    expect((await ask(open(origin).pool, { upgrade: 'websocket' })).fault).toEqual({
      code: 'response_invalid',
      reason: 'an unrequested protocol',
    });
  });

  test('that the server declines gets an ordinary response', async () => {
    const { origin } = await serve(answering(ok));
    const { pool } = open(origin);
    expect(await ask(pool, { upgrade: 'websocket' })).toMatchObject({ status: 200, body: 'ok' });
    expect(pool.stats().open).toBe(0);
  });
});

describe('a pool that is closed', () => {
  test('closes idle connections at once, the others after their responses, and accepts no more requests', async () => {
    let answer = (): void => {};
    const { origin, sockets } = await serve((socket, text) => {
      if (text.includes('/slow')) answer = () => void socket.write(ok);
      else socket.write(ok);
    });
    const { pool, clock } = open(origin);
    const slow = ask(pool, { target: '/slow' });
    await until(() => sockets.length === 1 && sockets[0]!.bytesRead > 0);
    await ask(pool);
    expect(pool.stats()).toMatchObject({ open: 2, idle: 1 });
    let closed = false;
    const closing = pool.close().then(() => (closed = true));
    expect(pool.stats()).toMatchObject({ open: 1, idle: 0 });
    await turns();
    expect(closed).toBe(false);
    expect((await ask(pool)).fault?.code).toBe('connect_failed');
    answer();
    expect((await slow).body).toBe('ok');
    await closing;
    expect(clock.pending()).toBe(0);
  });
});

test('an untrusted certificate is refused before anything is sent', async () => {
  const { createTestAuthority } = await import('../../../../testkit/src/certificates.ts');
  const { cert, key } = createTestAuthority().issue('localhost', ['localhost']);
  let received = 0;
  const server = createTlsServer({ cert, key }, (socket) => void socket.on('data', () => (received += 1)));
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  onClose(() => new Promise((resolve) => server.close(resolve)));
  const { pool } = open(`https://localhost:${(server.address() as AddressInfo).port}`);
  expect((await ask(pool)).fault).toEqual({
    code: 'connect_failed',
    reason: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  });
  expect(received).toBe(0);
});

describe('a server that writes a body after the head of a response without one', () => {
  test.each([
    ['to HEAD, announced', 'HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n'],
    ['to HEAD, in chunks', 'HEAD', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'],
    ['to HEAD, unannounced', 'HEAD', 'HTTP/1.1 200 OK\r\n\r\n'],
    ['with 204', 'GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['with 304', 'GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n'],
    ['with 304, unannounced', 'GET', 'HTTP/1.1 304 Not Modified\r\n\r\n'],
  ])('%s, never reaches the next caller, however late it writes', async (_which, method, head) => {
    const poison = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil';
    const isPoisoned = new Set<Socket>();
    const { origin } = await serve((socket, received) => {
      // At the latest possible moment: the next request has already been written.
      if (isPoisoned.has(socket)) socket.write(poison);
      else if (received.includes(' /attacker ')) {
        isPoisoned.add(socket);
        socket.write(head);
      } else socket.write(ok);
    });
    const { pool } = open(origin);
    for (let round = 0; round < 200; round += 1) {
      expect((await ask(pool, { method, target: '/attacker' })).body).toBe('');
      expect(await ask(pool)).toMatchObject({ status: 200, body: 'ok', fault: undefined });
    }
  });
});
