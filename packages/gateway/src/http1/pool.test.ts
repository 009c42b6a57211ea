import { createServer as createNetServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../../middleware/src/base/fake-clock.testkit.ts';
import { until } from '../../../middleware/src/base/until.testkit.ts';
import { ask, get } from './ask.testkit.ts';
import { createClient } from './client.ts';
import type { ClientLimits } from './connection.ts';
import type { Pool } from './pool.ts';
import type { BodySink, Call, RequestBody } from './request.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

const defaults: ClientLimits = {
  connectMs: 30_000,
  headMs: 60_000,
  bodyIdleMs: 10_000,
  idleMs: 4_000,
  maxHeadBytes: 65_536,
};

interface Server {
  readonly origin: string;
  readonly sockets: readonly Socket[];
  /** What a connection has received, as Latin-1. */
  readonly received: (index: number) => string;
}

/** A TCP server; `onData` is called for each part that a connection receives, with everything received so far. */
async function serve(onData: (socket: Socket, received: string, index: number) => void): Promise<Server> {
  const sockets: Socket[] = [];
  const texts: string[] = [];
  const server = createNetServer({ allowHalfOpen: true }, (socket) => {
    const index = sockets.push(socket) - 1;
    texts[index] = '';
    socket.on('error', () => {});
    socket.on('end', () => socket.end());
    socket.on('data', (part) => {
      texts[index] = texts[index]! + part.toString('latin1');
      onData(socket, texts[index], index);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(resolve);
      }),
  );
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    received: (index) => texts[index] ?? '',
  };
}

function open(origin: string, limits: Partial<ClientLimits> = {}): { pool: Pool; clock: FakeClock } {
  const clock = createFakeClock();
  const pool = createClient(clock, { ...defaults, ...limits }).createPool(origin);
  cleanups.push(() => pool.close());
  return { pool, clock };
}

const ok = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
/** Answers each request that has no body. */
const answering =
  (answer: string) =>
  (socket: Socket, received: string): void => {
    if (received.endsWith('\r\n\r\n')) socket.write(answer, 'latin1');
  };
const turns = async (count = 5): Promise<void> => {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const closedOf = (socket: Socket): Promise<void> =>
  new Promise((resolve) => (socket.destroyed ? resolve() : void socket.once('close', () => resolve())));
/** Breaks a connection off; `resetAndDestroy` would end it in order first. */
const reset = (socket: Socket): void =>
  void (socket as unknown as { _handle: { reset(done: () => void): number } })._handle.reset(() => {});
/** A body whose parts a test pushes. */
function createBody(length: number | undefined): RequestBody & {
  readonly started: Promise<BodySink>;

  readonly log: string[];
} {
  const log: string[] = [];
  let start: (sink: BodySink) => void = () => {};
  const started = new Promise<BodySink>((resolve) => (start = resolve));
  return {
    length,
    started,
    log,
    start: (sink) => start(sink),
    resume: () => void log.push('resume'),
    stop: () => void log.push('stop'),
  };
}

describe('a connection', () => {
  test('serves one request after the other, the one used last first', async () => {
    const { origin, sockets } = await serve(answering(ok));
    const { pool } = open(origin);
    for (let count = 0; count < 5; count += 1) expect((await ask(pool)).body).toBe('ok');
    expect(sockets).toHaveLength(1);
    expect(pool.stats()).toEqual({ open: 1, idle: 1 });
    await Promise.all([ask(pool), ask(pool), ask(pool)]);
    expect(sockets).toHaveLength(3);
    expect(pool.stats()).toEqual({ open: 3, idle: 3 });
  });

  test.each([
    ['Connection: close', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ['bytes that nobody asked for', `${ok}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged`],
    ['Keep-Alive: timeout=2, below the margin', 'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 2\r\n\r\nok'], // prettier-ignore
  ])('is not used again after %s', async (_, answer) => {
    const { origin, sockets } = await serve(answering(answer));
    const { pool } = open(origin);
    for (let count = 0; count < 2; count += 1) expect((await ask(pool)).body).toBe('ok');
    expect(sockets).toHaveLength(2);
    expect(pool.stats()).toEqual({ open: 0, idle: 0 });
  });

  test('is destroyed when the server speaks without having been asked', async () => {
    const { origin, sockets } = await serve(answering(ok));
    const { pool } = open(origin);
    await ask(pool);
    sockets[0]!.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged');
    await until(() => pool.stats().open === 0);
    expect((await ask(pool)).body).toBe('ok');
    expect(sockets).toHaveLength(2);
  });

  test('that the server closes while it is idle leaves at once', async () => {
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
    expect(pool.stats()).toEqual({ open: 1, idle: 1 });
    await clock.advance(1_001);
    expect(pool.stats()).toEqual({ open: 0, idle: 0 });
    expect(clock.pending()).toBe(0);
  });
});

describe('a request', () => {
  test('goes out in one piece, as it is', async () => {
    const { origin, received } = await serve(answering(ok));
    const { pool } = open(origin);
    await ask(pool, { target: '/a?b=\xe9', headers: ['Host', 'a', 'X-A', 'caf\xe9', 'x-a', ''] });
    expect(received(0)).toBe(
      'GET /a?b=\xe9 HTTP/1.1\r\nConnection: keep-alive\r\nHost: a\r\nX-A: caf\xe9\r\nx-a: \r\n\r\n',
    );
    await ask(pool, { method: 'POST' });
    expect(received(0)).toMatch(/POST \/ [^]*\r\nContent-Length: 0\r\nHost: a\.example\r\n\r\n$/);
  });

  test.each([
    ['CR LF in a value', { headers: ['X-A', 'b\r\nX-C: d'] }],
    ['LF in a value', { headers: ['X-A', 'b\nX-C: d'] }],
    ['NUL in a value', { headers: ['X-A', 'b\0'] }],
    ['a character beyond Latin-1 in a value', { headers: ['X-A', '\u010d\u010a'] }],
    ['CR LF in a name', { headers: ['X-A: b\r\nX-C', 'd'] }],
    ['an empty name', { headers: ['', 'd'] }],
    ['a space in the target', { target: '/ HTTP/1.1' }],
    ['CR LF in the target', { target: '/\r\nX-A: b' }],
    ['a character beyond Latin-1 in the target', { target: '/\u010a' }],
    ['no target', { target: '' }],
    ['a space in the method', { method: 'GET /' }],
  ])('with %s is not sent', async (_, request) => {
    const { pool } = open('http://127.0.0.1:1');
    expect((await ask(pool, request)).fault?.code).toBe('request_invalid');
    expect(pool.stats().open).toBe(0);
  });

  test('with a body of known length goes out with it, a part that is there together with the head', async () => {
    const parts: string[] = [];
    const { origin, received } = await serve((socket, text) => {
      parts.push(text);
      if (text.endsWith('hello world')) socket.write(ok);
    });
    const { pool } = open(origin);
    const body = createBody(11);
    const asked = ask(pool, { method: 'PUT', body: { ...body, start: (sink) => (body.start(sink), sink.write(Buffer.from('hello '))) } }); // prettier-ignore
    const sink = await body.started;
    await until(() => parts.length > 0);
    expect(parts[0]).toMatch(/\r\nContent-Length: 11\r\nHost: a\.example\r\n\r\nhello $/);
    sink.write(Buffer.from('world'));
    sink.end();
    expect((await asked).body).toBe('ok');
    expect(received(0)).toMatch(/hello world$/);
    expect(pool.stats()).toEqual({ open: 1, idle: 1 });
  });

  test('with a body that is here as a whole goes out in one piece, byte for byte', async () => {
    const parts: string[] = [];
    const { origin } = await serve((socket, text) => {
      parts.push(text);
      socket.write(ok);
    });
    const { pool } = open(origin);
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    expect((await ask(pool, { method: 'PUT', body: bytes })).body).toBe('ok');
    expect(parts).toHaveLength(1);
    expect(parts[0]).toMatch(/\r\nContent-Length: 256\r\nHost: a\.example\r\n\r\n/);
    expect(parts[0]?.endsWith(`\r\n\r\n${bytes.toString('latin1')}`)).toBe(true);
    expect((await ask(pool, { method: 'POST', body: Buffer.alloc(0) })).body).toBe('ok');
    expect(parts[1]).toMatch(/\r\nContent-Length: 0\r\nHost: a\.example\r\n\r\n$/);
    expect(pool.stats()).toEqual({ open: 1, idle: 1 });
  });

  test('with a body of unknown length goes out in chunks; an empty part does not end it', async () => {
    const { origin, received } = await serve((socket, text) => {
      if (text.endsWith('0\r\n\r\n')) socket.write(ok);
    });
    const { pool } = open(origin);
    const body = createBody(undefined);
    const asked = ask(pool, { method: 'POST', body });
    const sink = await body.started;
    for (const part of ['hello', '', 'x'.repeat(20)]) sink.write(Buffer.from(part));
    sink.end();
    expect((await asked).body).toBe('ok');
    expect(received(0)).toMatch(
      /\r\nTransfer-Encoding: chunked\r\nHost: a\.example\r\n\r\n5\r\nhello\r\n14\r\nx{20}\r\n0\r\n\r\n$/,
    );
  });

  test.each([
    ['shorter', 'hell', true],
    ['longer', 'hello!', false],
  ])('with a body that is %s than announced is broken off', async (_, text, ends) => {
    const { origin, sockets } = await serve(() => {});
    const { pool } = open(origin);
    const body = createBody(5);
    const asked = ask(pool, { method: 'POST', body });
    const sink = await body.started;
    sink.write(Buffer.from(text));
    if (ends) sink.end();
    expect((await asked).fault?.code).toBe('request_invalid');
    expect(body.log).toEqual(['stop']);
    await until(() => sockets.length > 0);
    await closedOf(sockets[0]!);
  });

  test('that is answered before its body has gone out is complete, and its connection closed', async () => {
    const { origin, sockets } = await serve((socket) => void socket.write(ok));
    const { pool } = open(origin);
    const body = createBody(1000);
    const asked = ask(pool, { method: 'POST', body });
    (await body.started).write(Buffer.from('hello'));
    expect(await asked).toMatchObject({ body: 'ok', fault: undefined });
    expect(body.log).toEqual(['stop']);
    expect(pool.stats().open).toBe(0);
    await closedOf(sockets[0]!);
  });

  test('whose server does not take the body is told to wait, then to go on', async () => {
    const { origin, sockets } = await serve((socket) => void socket.pause());
    const { pool } = open(origin);
    const body = createBody(undefined);
    let handle: Call | undefined;
    void ask(pool, { method: 'POST', body }, (call) => (handle = call));
    const sink = await body.started;
    // More than the system's buffers hold: without the server, nothing could be told to go on.
    const part = Buffer.alloc(256 * 1024);
    for (let count = 0; count < 128; count += 1) sink.write(part);
    expect(sink.write(part)).toBe(false);
    await until(() => sockets.length > 0);
    await turns(20);
    expect(body.log).toEqual([]);
    sockets[0]!.on('pause', () => setImmediate(() => sockets[0]!.resume()));
    sockets[0]!.resume();
    await until(() => body.log.includes('resume'));
    handle?.abort();
  });

  test.each([
    ['closes', (socket: Socket) => socket.destroy()],
    ['resets', reset],
    ['ends', (socket: Socket) => socket.end()],
  ])('on a used connection that the server %s instead is not sent again', async (_, leave) => {
    const { origin, sockets } = await serve((socket, text) => {
      if (text.split('GET ').length > 2) leave(socket);
      else socket.write(ok);
    });
    const { pool } = open(origin);
    await ask(pool);
    expect((await ask(pool)).fault).toMatchObject({ code: 'connection_lost' });
    await turns();
    expect(sockets).toHaveLength(1);
    expect(pool.stats().open).toBe(0);
  });

  test('that cannot be sent: nobody listens', async () => {
    const { pool } = open('http://127.0.0.1:1');
    expect((await ask(pool)).fault).toEqual({ code: 'connect_failed', reason: 'ECONNREFUSED' });
    expect(pool.stats().open).toBe(0);
  });

  test('that is aborted hears nothing more, and its connection is closed', async () => {
    const { origin, sockets } = await serve((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Le'));
    const { pool } = open(origin);
    let heard = false;
    let call: Call | undefined;
    void ask(pool, {}, (handle) => (call = handle)).then(() => (heard = true));
    await until(() => sockets.length > 0 && sockets[0]!.bytesWritten > 0);
    call!.abort();
    await closedOf(sockets[0]!);
    expect(heard).toBe(false);
    // An abort that comes late does not meet the next request.
    const late = await serve(answering(ok));
    const other = open(late.origin).pool;
    await ask(other, {}, (handle) => (call = handle));
    const next = ask(other);
    call!.abort();
    expect((await next).body).toBe('ok');
    expect(late.sockets).toHaveLength(1);
  });
});

describe('a time limit', () => {
  test('on the connection: a TLS handshake that is never answered', async () => {
    const { origin, sockets } = await serve(() => {});
    const { pool, clock } = open(origin.replace('http:', 'https:'));
    const asked = ask(pool);
    await until(() => sockets.length > 0);
    await clock.advance(29_999);
    expect(pool.stats().open).toBe(1);
    await clock.advance(1_001);
    expect((await asked).fault?.code).toBe('connect_timeout');
  });

  test('on the head, from the end of the request on; an interim response restarts it', async () => {
    const { origin, sockets, received } = await serve(() => {});
    const { pool, clock } = open(origin);
    const body = createBody(undefined);
    let parts = 0;
    const asked = ask(pool, { method: 'POST', body }, undefined, () => (parts += 1));
    const sink = await body.started;
    // A caller that is slow to send is not the server's fault.
    await clock.advance(1_000_000);
    sink.end();
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

  test('of 0 is none', async () => {
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
    const calls: Call[] = [];
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
  ])('of many megabytes arrives as sent, also beside others: %s', async (_, frame) => {
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
      // Handlers that keep what is not lent, and copy what is.
      const got = await Promise.all(bodies.map((_, which) => keep(pool, `/${which}`)));
      got.forEach((body, which) => expect(body === bodies[which]).toBe(true));
    }
    expect(pool.stats()).toEqual({ open: 4, idle: 4 });
  });

  test('waits for a handler that takes no more', async () => {
    const part = Buffer.alloc(64 * 1024, 'x');
    const { origin, sockets } = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n');
      for (let count = 0; count < 1024; count += 1) socket.write(part);
    });
    const { pool } = open(origin, { bodyIdleMs: 1000 });
    let call: Call | undefined;
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

  /** Collects a body as a handler does that keeps its parts. */
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
  test('takes its connection along, with the bytes that came with the answer', async () => {
    const { origin, received } = await serve((socket) => {
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nframe',
      );
    });
    const { pool } = open(origin);
    expect(await ask(pool, { upgrade: 'websocket' })).toMatchObject({ status: 101, body: 'frame' });
    expect(received(0)).toContain('\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n');
    expect(pool.stats()).toEqual({ open: 0, idle: 0 });
  });

  test.each([
    ['none', ''],
    ['another one', 'Upgrade: h2c\r\n'],
  ])('that is %s is refused', async (_, header) => {
    const { origin } = await serve((socket) => void socket.write(`HTTP/1.1 101 X\r\n${header}\r\n`));
    expect((await ask(open(origin).pool, { upgrade: 'websocket' })).fault).toEqual({
      code: 'answer_invalid',
      reason: 'another protocol than was asked for',
    });
  });

  test('that the server declines leaves an answer as any other', async () => {
    const { origin } = await serve(answering(ok));
    const { pool } = open(origin);
    expect(await ask(pool, { upgrade: 'websocket' })).toMatchObject({ status: 200, body: 'ok' });
    expect(pool.stats().open).toBe(0);
  });
});

describe('a pool that is closed', () => {
  test('closes idle connections at once, the others after their answers, and takes no more requests', async () => {
    let answer = (): void => {};
    const { origin, sockets } = await serve((socket, text) => {
      if (text.includes('/slow')) answer = () => void socket.write(ok);
      else socket.write(ok);
    });
    const { pool, clock } = open(origin);
    const slow = ask(pool, { target: '/slow' });
    await until(() => sockets.length === 1 && sockets[0]!.bytesRead > 0);
    await ask(pool);
    expect(pool.stats()).toEqual({ open: 2, idle: 1 });
    let closed = false;
    const closing = pool.close().then(() => (closed = true));
    expect(pool.stats()).toEqual({ open: 1, idle: 0 });
    await turns();
    expect(closed).toBe(false);
    expect((await ask(pool)).fault?.code).toBe('connect_failed');
    answer();
    expect((await slow).body).toBe('ok');
    await closing;
    expect(clock.pending()).toBe(0);
  });
});

test('a certificate that nobody vouches for is refused before anything is sent', async () => {
  const { createTestAuthority } = await import('../../../middleware/src/token/certificates.testkit.ts');
  const { cert, key } = createTestAuthority().issue('localhost', ['localhost']);
  let received = 0;
  const server = createTlsServer({ cert, key }, (socket) => void socket.on('data', () => (received += 1)));
  server.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  cleanups.push(() => new Promise((resolve) => server.close(resolve)));
  const { pool } = open(`https://localhost:${(server.address() as AddressInfo).port}`);
  expect((await ask(pool)).fault).toEqual({
    code: 'connect_failed',
    reason: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  });
  expect(received).toBe(0);
});

describe('a server that writes a body after the head of a response that has none', () => {
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
      // As late as can be: the next request has been written by then.
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
