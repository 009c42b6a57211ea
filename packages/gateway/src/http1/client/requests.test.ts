import type { Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { turns, until } from '../../../../testkit/src/until.ts';
import { ask } from './ask.testkit.ts';
import { answering, closedOf, createBody, createPoolKit, ok, reset } from './pool.testkit.ts';
import type { RequestControl } from './request.ts';

const { serve, open, close } = createPoolKit();
afterEach(close);

describe('a request', () => {
  test('goes out in one piece, unchanged', async () => {
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

  test('with a body of known length goes out with it, and an available part together with the head', async () => {
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
    sink.end([]);
    expect((await asked).body).toBe('ok');
    expect(received(0)).toMatch(/hello world$/);
    expect(pool.stats()).toMatchObject({ open: 1, idle: 1 });
  });

  test('with a complete body goes out in one piece, byte for byte', async () => {
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
    expect(pool.stats()).toMatchObject({ open: 1, idle: 1 });
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
    sink.end([]);
    expect((await asked).body).toBe('ok');
    expect(received(0)).toMatch(
      /\r\nTransfer-Encoding: chunked\r\nHost: a\.example\r\n\r\n5\r\nhello\r\n14\r\nx{20}\r\n0\r\n\r\n$/,
    );
  });

  describe('that expects 100 Continue', () => {
    const expectation = /\r\nContent-Length: 5\r\nExpect: 100-continue\r\nHost: a\.example\r\n\r\n$/;

    test('sends its body when the server responds with 100 Continue', async () => {
      const { origin, received } = await serve((socket, text) => {
        if (expectation.test(text)) socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        if (text.endsWith('hello')) socket.write(ok);
      });
      const { pool } = open(origin);
      const body = createBody(5);
      const asked = ask(pool, { method: 'PUT', body, expectsContinue: true });
      const sink = await body.started;
      expect(received(0)).toMatch(expectation);
      sink.write(Buffer.from('hello'));
      sink.end([]);
      expect((await asked).body).toBe('ok');
      expect(pool.stats()).toMatchObject({ open: 1, idle: 1 });
    });

    test('sends its body after a second without a response', async () => {
      const { origin, received } = await serve((socket, text) => {
        if (text.endsWith('hello')) socket.write(ok);
      });
      const { pool, clock } = open(origin);
      const body = createBody(5);
      let started = false;
      const asked = ask(pool, { method: 'PUT', body, expectsContinue: true });
      const sink = body.started.then((to) => ((started = true), to));
      await until(() => expectation.test(received(0)));
      expect(started).toBe(false);
      await clock.advance(2_000);
      (await sink).write(Buffer.from('hello'));
      (await sink).end([]);
      expect((await asked).body).toBe('ok');
    });

    test('withholds its body when the server has responded', async () => {
      const { origin, received } = await serve((socket, text) => {
        if (expectation.test(text))
          socket.write('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 2\r\n\r\nno');
      });
      const { pool } = open(origin);
      const body = createBody(5);
      expect((await ask(pool, { method: 'PUT', body, expectsContinue: true })).body).toBe('no');
      expect(received(0)).toMatch(expectation);
      expect(body.log).toEqual(['stop']);
      // The server may still wait for the body.
      expect(pool.stats()).toMatchObject({ open: 0, idle: 0 });
    });
  });

  test.each([
    ['shorter', 'hell', true],
    ['longer', 'hello!', false],
  ])('with a body that is %s than announced is aborted', async (_, text, ends) => {
    const { origin, sockets } = await serve(() => {});
    const { pool } = open(origin);
    const body = createBody(5);
    const asked = ask(pool, { method: 'POST', body });
    const sink = await body.started;
    sink.write(Buffer.from(text));
    if (ends) sink.end([]);
    expect((await asked).fault?.code).toBe('request_invalid');
    expect(body.log).toEqual(['stop']);
    await until(() => sockets.length > 0);
    await closedOf(sockets[0]!);
  });

  test('is complete when the response ends before its body, and its connection is closed', async () => {
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

  test('pauses and resumes its body when the server does not accept it', async () => {
    const { origin, sockets } = await serve((socket) => void socket.pause());
    const { pool } = open(origin);
    const body = createBody(undefined);
    let handle: RequestControl | undefined;
    void ask(pool, { method: 'POST', body }, (call) => (handle = call));
    const sink = await body.started;
    // More than the system's buffers can hold: without the server, nothing would make it continue.
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

  test('fails when nothing listens', async () => {
    const { pool } = open('http://127.0.0.1:1');
    expect((await ask(pool)).fault).toEqual({ code: 'connect_failed', reason: 'ECONNREFUSED' });
    expect(pool.stats().open).toBe(0);
  });

  test('that is aborted receives nothing more, and its connection is closed', async () => {
    const { origin, sockets } = await serve((socket) => void socket.write('HTTP/1.1 200 OK\r\nContent-Le'));
    const { pool } = open(origin);
    let heard = false;
    let call: RequestControl | undefined;
    void ask(pool, {}, (handle) => (call = handle)).then(() => (heard = true));
    await until(() => sockets.length > 0 && sockets[0]!.bytesWritten > 0);
    call!.abort();
    await closedOf(sockets[0]!);
    expect(heard).toBe(false);
    // A late abort does not affect the next request.
    const late = await serve(answering(ok));
    const other = open(late.origin).pool;
    await ask(other, {}, (handle) => (call = handle));
    const next = ask(other);
    call!.abort();
    expect((await next).body).toBe('ok');
    expect(late.sockets).toHaveLength(1);
  });
});
