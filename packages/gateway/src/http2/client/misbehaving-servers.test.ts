import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import {
  frameFlags,
  frameTypes,
  settingsFrame,
  toFrame,
  type Http2Frame,
} from '../../../../testkit/src/http2-frames.ts';
import { turns, until } from '../../../../testkit/src/until.ts';
import { ask } from '../../http1/client/ask.testkit.ts';
import { createBody } from '../../http1/client/pool.testkit.ts';
import { block, data, goaway, headers, rst, startFrameServer } from './frames.testkit.ts';
import type { Http2Limits } from './limits.ts';
import { createTestPool, limits } from './pool.testkit.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

async function start(
  onFrame: Parameters<typeof startFrameServer>[0],
  greet?: Parameters<typeof startFrameServer>[1],
  changed: Partial<Http2Limits> = {},
) {
  const server = await startFrameServer(onFrame, greet);
  cleanups.push(() => server.close());
  const kit = createTestPool(server.origin, changed);
  cleanups.push(() => kit.pool.close());
  return { ...kit, server };
}

const isRequest = ({ type }: Http2Frame): boolean => type === frameTypes.headers;
const isEnd = ({ type, flags }: Http2Frame): boolean =>
  (type === frameTypes.headers || type === frameTypes.data) && (flags & frameFlags.endStream) !== 0;
const respond = (socket: Socket, stream: number, text = 'ok'): void =>
  void socket.write(
    Buffer.concat([headers(stream, { ':status': '200' }), data(stream, text, frameFlags.endStream)]),
  );

const refusedStream = 7;
const noError = 0;

describe('a stream that a server refused unseen', () => {
  it('is sent again, once, with its body', async () => {
    let refused = 0;
    const { pool, server } = await start((socket, frame) => {
      if (!isEnd(frame)) return;
      refused += 1;
      if (refused === 1) socket.write(rst(frame.stream, refusedStream));
      else respond(socket, frame.stream);
    });
    const body = createBody(undefined);
    const asked = ask(pool, { method: 'POST', body });
    const sink = await body.started;
    sink.write(Buffer.from('hello '));
    sink.write(Buffer.from('world'));
    sink.end(['x-sum', '1']);
    // The trailers end the stream.
    expect(await asked).toMatchObject({ status: 200, body: 'ok' });
    const text = (stream: number): string =>
      server.frames.filter((frame) => frame.stream === stream && frame.type === frameTypes.data).map(({ payload }) => String(payload)).join(''); // prettier-ignore
    const streams = [...new Set(server.frames.filter(isRequest).map(({ stream }) => stream))];
    expect(streams).toHaveLength(2);
    expect(streams.map(text)).toEqual(['hello world', 'hello world']);
  });

  it('fails when it is refused again', async () => {
    const { pool, server } = await start((socket, frame) => {
      if (isRequest(frame)) socket.write(rst(frame.stream, refusedStream));
    });
    expect(await ask(pool)).toMatchObject({
      status: 0,
      fault: { code: 'connection_lost', reason: 'the server reset the stream (REFUSED_STREAM)' },
    });
    expect(server.frames.filter(isRequest)).toHaveLength(2);
  });

  it('is not sent again when the kept beginning of its body is too short', async () => {
    let bytes = 0;
    const { pool, server } = await start((socket, frame) => {
      if (frame.type === frameTypes.data) bytes += frame.payload.length;
      if (bytes > 64_000) socket.write(rst(frame.stream, refusedStream));
      if (bytes > 0)
        socket.write(toFrame(frameTypes.windowUpdate, 0, frame.stream, Buffer.from([0, 1, 0, 0])));
    });
    const body = createBody(undefined);
    const asked = ask(pool, { method: 'POST', body });
    const sink = await body.started;
    sink.write(Buffer.alloc(70_000));
    expect((await asked).fault?.code).toBe('connection_lost');
    expect(server.frames.filter(isRequest)).toHaveLength(1);
    expect(body.log).toContain('stop');
  });

  it('is not sent again after another reset, which may follow an effect', async () => {
    const { pool, server } = await start((socket, frame) => {
      if (isRequest(frame)) socket.write(rst(frame.stream, 2));
    });
    expect((await ask(pool)).fault?.reason).toBe('the server reset the stream (INTERNAL_ERROR)');
    expect(server.frames.filter(isRequest)).toHaveLength(1);
  });
});

describe('GOAWAY', () => {
  it('moves streams that were not processed to a new connection, and lets the others finish', async () => {
    const { pool, server } = await start((socket, frame, connection) => {
      if (!isRequest(frame)) return;
      if (connection > 0) respond(socket, frame.stream, 'second');
      else if (frame.stream === 3) {
        socket.write(goaway(1, noError));
        respond(socket, 1, 'first');
      }
    });
    const [one, three] = await Promise.all([ask(pool), ask(pool)]);
    expect([one.body, three.body]).toEqual(['first', 'second']);
    expect(server.sockets).toHaveLength(2);
    expect((await ask(pool)).body).toBe('second');
    expect(server.sockets).toHaveLength(2);
  });

  it('with an error fails streams that may have had an effect, and repeats the others', async () => {
    const { pool } = await start((socket, frame, connection) => {
      if (!isRequest(frame)) return;
      if (connection > 0) respond(socket, frame.stream, 'second');
      else if (frame.stream === 3) socket.write(goaway(1, 2));
    });
    const [one, three] = await Promise.all([ask(pool), ask(pool)]);
    expect(one.fault).toEqual({
      code: 'connection_lost',
      reason: 'the server closed the connection (INTERNAL_ERROR)',
    });
    expect(three.body).toBe('second');
  });

  it('on an idle connection makes the next request open another one', async () => {
    const { pool, server } = await start((socket, frame) => {
      if (isRequest(frame)) respond(socket, frame.stream);
    });
    await ask(pool);
    await until(() => pool.stats().idle === 1);
    server.sockets[0]!.write(goaway(1, noError));
    await until(() => pool.stats().open === 0);
    expect((await ask(pool)).body).toBe('ok');
    expect(server.sockets).toHaveLength(2);
  });
});

describe('the number of streams', () => {
  it('stays within what the server allows; more connections are opened for the others', async () => {
    const waiting: (() => void)[] = [];
    const { pool, server } = await start(
      (socket, frame) => {
        if (isRequest(frame)) waiting.push(() => respond(socket, frame.stream));
      },
      () => settingsFrame({ 3: 2 }),
    );
    const asked = Array.from({ length: 5 }, () => ask(pool));
    await until(() => waiting.length === 5);
    expect(server.sockets).toHaveLength(3);
    expect(pool.stats()).toEqual({ open: 3, idle: 0, inFlight: 5 });
    for (const answer of waiting) answer();
    expect((await Promise.all(asked)).map(({ body }) => body)).toEqual(['ok', 'ok', 'ok', 'ok', 'ok']);
    await until(() => pool.stats().idle === 3);
  });

  it('may grow on a connection when the server raises its limit', async () => {
    const { pool, server } = await start(
      (socket, frame) => {
        if (isRequest(frame) && frame.stream > 1) respond(socket, frame.stream);
      },
      () => settingsFrame({ 3: 1 }),
    );
    const slow = ask(pool);
    await until(() => server.frames.some(isRequest));
    server.sockets[0]!.write(settingsFrame({ 3: 10 }));
    await until(
      () =>
        server.frames.filter(({ type, flags }) => type === frameTypes.settings && flags === 1).length === 2,
    );
    expect((await ask(pool)).body).toBe('ok');
    expect(server.sockets).toHaveLength(1);
    respond(server.sockets[0]!, 1);
    await slow;
  });

  it('of 0 fails requests', async () => {
    const { pool, server } = await start(
      () => {},
      () => settingsFrame({ 3: 0 }),
    );
    expect((await ask(pool)).fault).toEqual({
      code: 'connect_failed',
      reason: 'the server allows no streams',
    });
    expect(server.sockets).toHaveLength(1);
  });

  it('of idle connections is limited', async () => {
    const { pool } = await start(
      (socket, frame) => {
        if (isRequest(frame)) respond(socket, frame.stream);
      },
      () => settingsFrame({ 3: 1 }),
      { maxIdle: 1 },
    );
    await Promise.all([ask(pool), ask(pool), ask(pool)]);
    await until(() => pool.stats().open === 1);
    expect(pool.stats().idle).toBe(1);
  });
});

describe('a server that is no server of HTTP/2', () => {
  it.each([
    ['speaks HTTP/1.1', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'],
    ['begins with another frame than SETTINGS', headers(1, { ':status': '200' })],
  ])('%s: no request is sent', async (_, greeting) => {
    const { pool, server } = await start(
      () => {},
      () => greeting,
    );
    expect((await ask(pool)).fault).toEqual({
      code: 'connect_failed',
      reason: 'the server does not speak HTTP/2',
    });
    expect(server.frames.filter(isRequest)).toHaveLength(0);
  });

  it('never sends SETTINGS: the request fails in time', async () => {
    const { pool, server, clock } = await start(
      () => {},
      () => undefined,
    );
    const asked = ask(pool);
    await until(() => server.frames.length > 0);
    await clock.advance(limits.connectMs * 2);
    expect((await asked).fault?.code).toBe('connect_timeout');
    expect(pool.stats().open).toBe(0);
  });
});

describe('the health of a connection', () => {
  const quick = { readIdleMs: 1000, pingMs: 500, headMs: 600_000 };

  it('fails requests on a connection that does not respond to PING', async () => {
    const { pool, server, clock } = await start(() => {}, undefined, quick);
    const asked = ask(pool);
    await until(() => server.frames.some(isRequest));
    for (let at = 0; at < 40 && pool.stats().open > 0; at += 1) {
      await clock.advance(200);
      await turns(10);
    }
    expect((await asked).fault).toEqual({ code: 'connection_lost', reason: 'no response to PING in time' });
    expect(server.frames.some(({ type }) => type === frameTypes.ping)).toBe(true);
  });

  it('keeps one that does', async () => {
    let pings = 0;
    const { pool, server, clock } = await start(
      (socket, { type, flags, payload }) => {
        if (type !== frameTypes.ping || (flags & 1) !== 0) return;
        pings += 1;
        socket.write(toFrame(frameTypes.ping, 1, 0, payload));
      },
      undefined,
      quick,
    );
    const asked = ask(pool);
    await until(() => server.frames.some(isRequest));
    for (let at = 0; at < 200 && pings < 3; at += 1) {
      const before = pings;
      await clock.advance(200);
      await turns(10);
      if (pings > before) await turns(50);
    }
    expect(pings).toBeGreaterThanOrEqual(3);
    respond(server.sockets[0]!, 1);
    expect((await asked).body).toBe('ok');
  });
});

describe('a response that violates HTTP/2', () => {
  const ok = { ':status': '200' };
  const part = (fields: Readonly<Record<string, string>>) => (stream: number) =>
    Buffer.concat([headers(stream, fields), data(stream, 'ok', frameFlags.endStream)]);
  const bomb = (stream: number): Buffer => {
    // One field in the dynamic table, and thousands of references to it (RFC 7541 section 6.1).
    const field = Buffer.concat([Buffer.from([0x40, 1]), Buffer.from('a'), Buffer.from([0x7f, 0x80 + ((3900 - 127) % 128), Math.floor((3900 - 127) / 128)]), Buffer.alloc(3900, 'b')]); // prettier-ignore
    const references = Buffer.alloc(10_000, 0xbe);
    return toFrame(
      frameTypes.headers,
      frameFlags.endHeaders,
      stream,
      Buffer.concat([block(ok), field, references]),
    );
  };
  const flood = (stream: number): Buffer =>
    Buffer.concat([
      toFrame(frameTypes.headers, 0, stream, block(ok)),
      ...Array.from({ length: 1000 }, () =>
        toFrame(frameTypes.continuation, 0, stream, block({ 'x-a': 'b' })),
      ),
    ]);

  it.each<[string, (stream: number) => Buffer]>([
    ['upper case in a name', part({ ...ok, 'X-A': 'b' })],
    ['a header of a connection', part({ ...ok, connection: 'close' })],
    ['a transfer coding', part({ ...ok, 'transfer-encoding': 'chunked' })],
    ['an upgrade', part({ ...ok, upgrade: 'h2c' })],
    ['no status', part({ 'x-a': 'b' })],
    ['a status that is no number', part({ ':status': '2OO' })],
    ['101', part({ ':status': '101' })],
    ['two lengths', (stream) => Buffer.concat([toFrame(frameTypes.headers, frameFlags.endHeaders, stream, Buffer.concat([block({ ...ok, 'content-length': '2' }), block({ 'content-length': '2' })])), data(stream, 'ok', frameFlags.endStream)])],
    ['a length that is no number', part({ ...ok, 'content-length': '+2' })],
    ['a body that is longer than its length', part({ ...ok, 'content-length': '1' })],
    ['a body that is shorter than its length', part({ ...ok, 'content-length': '3' })],
    ['a body with 204', part({ ':status': '204' })],
    ['a pseudo-header after others', part({ 'x-a': 'b', ...ok })],
    ['an unknown pseudo-header', part({ ...ok, ':evil': 'x' })],
    ['a second head', (stream) => Buffer.concat([headers(stream, ok), headers(stream, ok), data(stream, 'ok', frameFlags.endStream)])],
    ['a status in trailers', (stream) => Buffer.concat([headers(stream, ok), headers(stream, ok, frameFlags.endStream)])],
    ['a flood of CONTINUATION', flood],
    ['an HPACK bomb', bomb],
    ['a promise', (stream) => toFrame(5, frameFlags.endHeaders, stream, Buffer.concat([Buffer.from([0, 0, 0, 2]), block({ ':method': 'GET', ':path': '/', ':scheme': 'http', ':authority': 'a' })]))],
  ])('is refused, and harms no other request: %s', async (_, evil) => {
    let count = 0;
    const { pool } = await start((socket, frame) => {
      if (!isRequest(frame)) return;
      count += 1;
      if (count === 1) socket.write(evil(frame.stream));
      else respond(socket, frame.stream);
    });
    const outcome = await ask(pool);
    expect(outcome.fault?.code).toMatch(/^(?:response_invalid|connection_lost)$/);
    expect(await ask(pool)).toMatchObject({ status: 200, body: 'ok' });
  }); // prettier-ignore

  it.each([
    ['LF', 'b\nx-c: d'],
    ['CR LF', 'b\r\nset-cookie: a=b'],
    ['NUL', 'b\0c'],
  ])('does not pass %s in a value on', async (_, value) => {
    const { pool } = await start((socket, frame) => {
      if (isRequest(frame)) socket.write(part({ ...ok, 'x-a': value })(frame.stream));
    });
    const { headers: received, fault } = await ask(pool);
    expect(received.join('')).not.toMatch(/[\r\n\0]/);
    expect(fault?.code).toBe('response_invalid');
  });

  it.each([
    ['with an error', 2],
    ['without an error', noError],
    ['with CANCEL', 8],
  ])('a stream that is reset %s after the head is incomplete', async (_, code) => {
    const { pool } = await start((socket, frame) => {
      if (isRequest(frame))
        socket.write(
          Buffer.concat([headers(frame.stream, ok), data(frame.stream, 'part'), rst(frame.stream, code)]),
        );
    });
    expect(await ask(pool)).toMatchObject({ status: 200, fault: { code: 'connection_lost' } });
  });

  it('a connection that breaks off in a response is a fault of all its streams', async () => {
    const { pool, server } = await start((socket, frame) => {
      if (isRequest(frame)) socket.write(headers(frame.stream, ok));
    });
    const asked = [ask(pool), ask(pool)];
    await until(() => server.frames.filter(isRequest).length === 2);
    server.sockets[0]!.destroy();
    for (const { fault } of await Promise.all(asked)) expect(fault?.code).toBe('connection_lost');
    expect(pool.stats()).toEqual({ open: 0, idle: 0, inFlight: 0 });
  });

  it('is refused when its data comes before its head', async () => {
    const { pool } = await start((socket, frame) => {
      if (!isRequest(frame)) return;
      if (frame.stream > 1) respond(socket, frame.stream);
      else
        socket.write(
          Buffer.concat([data(frame.stream, 'ok'), headers(frame.stream, ok, frameFlags.endStream)]),
        );
    });
    expect((await ask(pool)).fault?.code).toBe('response_invalid');
    expect(await ask(pool)).toMatchObject({ status: 200, body: 'ok' });
  });

  it('takes a response whose end is reset without an error while the request is still being sent', async () => {
    const { pool } = await start((socket, frame) => {
      if (isRequest(frame))
        socket.write(
          Buffer.concat([
            headers(frame.stream, ok),
            data(frame.stream, 'early', frameFlags.endStream),
            rst(frame.stream, noError),
          ]),
        );
    });
    const body = createBody(undefined);
    expect(await ask(pool, { method: 'POST', body })).toMatchObject({
      status: 200,
      body: 'early',
      fault: undefined,
    });
    expect(body.log).toContain('stop');
  });
});
