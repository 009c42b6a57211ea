import { createServer as createHttp1Server, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  createServer as createHttp2Server,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createDeferred } from '../../../../testkit/src/deferred.ts';
import { createFakeClock, type FakeClock } from '../../../../testkit/src/fake-clock.ts';
import { turns, until } from '../../../../testkit/src/until.ts';
import { ask, get } from '../../http1/client/ask.testkit.ts';
import { createClient } from '../../http1/client/client.ts';
import { createBody } from '../../http1/client/pool.testkit.ts';
import type { Pool } from '../../http1/client/pool.ts';
import type { RequestControl } from '../../http1/client/request.ts';
import { createTestPool, limits } from './pool.testkit.ts';

type EitherRequest = IncomingMessage | Http2ServerRequest;
type EitherResponse = (ServerResponse | Http2ServerResponse) & NodeJS.WritableStream;
type EitherListener = (request: EitherRequest, response: EitherResponse) => void;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

interface Kit {
  readonly pool: Pool;
  readonly clock: FakeClock;
}

async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

const protocols: Readonly<Record<string, (listener: EitherListener) => Promise<Kit>>> = {
  async 'HTTP/1.1'(listener) {
    const port = await listen(
      createHttp1Server(listener as (req: IncomingMessage, res: ServerResponse) => void),
    );
    const clock = createFakeClock();
    const pool = createClient(clock, limits).createPool(`http://127.0.0.1:${port}`);
    cleanups.push(() => pool.close());
    return { pool, clock };
  },
  async 'HTTP/2'(listener) {
    const server = createHttp2Server(listener as (req: Http2ServerRequest, res: Http2ServerResponse) => void);
    const { pool, clock } = createTestPool(`h2c://127.0.0.1:${await listen(server)}`);
    cleanups.push(() => pool.close());
    return { pool, clock };
  },
};

describe.each(Object.entries(protocols))('a client of %s', (_protocol, start) => {
  it('passes a request and its response on as they are', async () => {
    const { pool } = await start(({ method, url, headers }, response) => {
      response.setHeader(
        'X-Seen',
        JSON.stringify([method, url, headers['x-a'], headers['host'] ?? headers[':authority']]),
      );
      response.setHeader('X-Caf', 'caf\xe9');
      response.end(Buffer.from('body'));
    });
    const outcome = await ask(pool, {
      target: '/a?b=c',
      headers: ['Host', 'a.example', 'X-A', 'one', 'x-a', 'two'],
    });
    expect(outcome).toMatchObject({ status: 200, body: 'body', fault: undefined });
    const header = (name: string) => outcome.headers[outcome.headers.indexOf(name) + 1];
    expect(JSON.parse(header('x-seen')!)).toEqual(['GET', '/a?b=c', 'one, two', 'a.example']);
    expect(header('x-caf')).toBe('caf\xe9');
  });

  it.each([
    ['CR LF in a value', { headers: ['X-A', 'b\r\nX-C: d'] }],
    ['NUL in a value', { headers: ['X-A', 'b\0'] }],
    ['a character beyond Latin-1 in a value', { headers: ['X-A', '\u010d\u010a'] }],
    ['a colon in a name', { headers: [':path', '/evil'] }],
    ['an empty name', { headers: ['', 'd'] }],
    ['a space in the target', { target: '/ HTTP/1.1' }],
    ['no target', { target: '' }],
    ['a space in the method', { method: 'GET /' }],
  ])('does not send a request with %s', async (_, request) => {
    const { pool } = await start((_request, response) => void response.end());
    expect((await ask(pool, request)).fault?.code).toBe('request_invalid');
  });

  it('streams a body of unknown length with its trailers, and the trailers of the response', async () => {
    const { pool } = await start((request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString('latin1')));
      request.on('end', () => {
        response.writeHead(200);
        response.write(body);
        response.addTrailers({ 'X-Sum': String(request.trailers['x-sum']), 'Grpc-Status': '0' });
        response.end();
      });
    });
    const body = createBody(undefined);
    const asked = ask(pool, { method: 'POST', body });
    const sink = await body.started;
    // A part is valid until `write` returns only.
    const lent = Buffer.from('hello ');
    sink.write(lent);
    lent.fill('x');
    sink.write(Buffer.alloc(0));
    sink.write(Buffer.from('world'));
    sink.end(['x-sum', '42']);
    expect(await asked).toMatchObject({
      status: 200,
      body: 'hello world',
      trailers: ['x-sum', '42', 'grpc-status', '0'],
    });
  });

  it('sends an empty body of unknown length, on a new connection and on one that is open', async () => {
    const { pool } = await start((request, response) => {
      request.resume().on('end', () => void response.end('ok'));
    });
    for (let round = 0; round < 2; round += 1) {
      const body = createBody(undefined);
      const asked = ask(pool, { method: 'POST', body });
      (await body.started).end([]);
      expect((await asked).body).toBe('ok');
      const early = createBody(undefined);
      const asking = ask(pool, {
        method: 'POST',
        body: {
          ...early,
          start(sink) {
            early.start(sink);
            process.nextTick(() => sink.end([]));
          },
        },
      });
      expect((await asking).body).toBe('ok');
    }
  });

  it('sends a body of known length, as a whole or in parts', async () => {
    const { pool } = await start((request, response) => {
      request.pipe(response as NodeJS.WritableStream);
      response.setHeader('X-Length', String(request.headers['content-length']));
    });
    const whole = await ask(pool, { method: 'PUT', body: Buffer.from('whole') });
    expect(whole).toMatchObject({ body: 'whole' });
    expect(whole.headers).toContain('5');
    const body = createBody(4);
    const asked = ask(pool, { method: 'PUT', body });
    (await body.started).write(Buffer.from('part'));
    (await body.started).end([]);
    expect(await asked).toMatchObject({ body: 'part' });
  });

  it.each([
    ['longer', 'hello!', 5],
    ['shorter', 'hell', 5],
  ])('breaks a request off whose body is %s than announced', async (_, text, length) => {
    const { pool } = await start((request) => void request.on('error', () => {}).resume());
    const body = createBody(length);
    const asked = ask(pool, { method: 'PUT', body });
    (await body.started).write(Buffer.from(text));
    (await body.started).end([]);
    expect((await asked).fault?.code).toBe('request_invalid');
    expect(body.log).toContain('stop');
  });

  it('passes parts of a response on while the request is still being sent', async () => {
    const { pool } = await start((request, response) => {
      response.writeHead(200);
      request.on('data', (part: Buffer) => void response.write(`<${String(part)}>`));
      request.on('end', () => void response.end());
    });
    const body = createBody(undefined);
    let seen = '';
    const asked = new Promise<void>((resolve, reject) => {
      pool.dispatch(
        { ...get, method: 'POST', body },
        {
          onInterim() {},
          onHead() {},
          onData: (part) => void (seen += part.toString()),
          onFlush: () => true,
          onEnd: () => resolve(),
          onUpgrade() {},
          onFault: ({ reason }) => reject(new Error(reason)),
        },
      );
    });
    const sink = await body.started;
    for (const ball of ['a', 'b', 'c']) {
      sink.write(Buffer.from(ball));
      await until(() => seen.endsWith(`<${ball}>`));
    }
    sink.end([]);
    await asked;
    expect(seen).toBe('<a><b><c>');
  });

  it('ends a request whose response is there before its body', async () => {
    const { pool } = await start((_request, response) => void response.writeHead(413).end('too large'));
    const body = createBody(undefined);
    expect(await ask(pool, { method: 'POST', body })).toMatchObject({ status: 413, body: 'too large' });
    expect(body.log).toContain('stop');
  });

  it('does not read on while the handler takes nothing, and reads everything after that', async () => {
    const size = 32 * 1024 * 1024;
    let written = 0;
    const { pool } = await start((_request, response) => {
      const part = Buffer.alloc(64 * 1024, 'x');
      const write = (): void => {
        while (written < size) {
          written += part.length;
          if (!response.write(part)) {
            response.once('drain', write);
            return;
          }
        }
        response.end();
      };
      write();
    });
    let bytes = 0;
    let takes = false;
    let call: RequestControl | undefined;
    const done = new Promise<string>((resolve) => {
      call = pool.dispatch(get, {
        onInterim() {},
        onHead() {},
        onData: (part) => void (bytes += part.length),
        onFlush: () => takes,
        onEnd: () => resolve('end'),
        onUpgrade() {},
        onFault: ({ reason }) => resolve(reason),
      });
    });
    await until(() => bytes > 0);
    await turns(200);
    expect(bytes).toBeLessThan(size / 4);
    expect(written).toBeLessThan(size);
    takes = true;
    call!.resume();
    expect(await done).toBe('end');
    expect(bytes).toBe(size);
  });

  it('pauses a body that the server does not take', async () => {
    const arrived = createDeferred<EitherRequest>();
    const { pool } = await start((request, response) => {
      request.pause();
      arrived.resolve(request);
      request.on('end', () => void response.end('ok'));
    });
    const body = createBody(undefined);
    const asked = ask(pool, { method: 'POST', body });
    const sink = await body.started;
    const part = Buffer.alloc(256 * 1024);
    let count = 0;
    while (sink.write(part) && count < 1000) {
      count += 1;
      await turns(5);
    }
    expect(count).toBeLessThan(200);
    const resumed = (): number => body.log.filter((entry) => entry === 'resume').length;
    const before = resumed();
    (await arrived.promise).resume();
    await until(() => resumed() > before);
    sink.end([]);
    expect((await asked).body).toBe('ok');
  });

  it('sends a body that expects 100 Continue when the server asks for it', async () => {
    const { pool } = await start((request, response) => {
      request.pipe(response as NodeJS.WritableStream);
    });
    const body = createBody(5);
    const asked = ask(pool, { method: 'PUT', body, expectsContinue: true });
    const sink = await body.started;
    sink.write(Buffer.from('hello'));
    sink.end([]);
    expect((await asked).body).toBe('hello');
  });

  it('aborts a request, which the server sees', async () => {
    const aborted = createDeferred();
    const arrived = createDeferred();
    const { pool } = await start((request) => {
      arrived.resolve();
      request.on('aborted', () => aborted.resolve()).on('error', () => {});
    });
    const calls: RequestControl[] = [];
    void ask(pool, { method: 'POST', body: createBody(undefined) }, (call) => calls.push(call));
    await arrived.promise;
    calls[0]!.abort();
    await aborted.promise;
    await until(() => pool.stats().inFlight === 0);
    expect(pool.stats().idle).toBe(pool.stats().open);
  });

  it('gives up on a server that does not respond in time', async () => {
    const arrived = createDeferred();
    const { pool, clock } = await start(() => arrived.resolve());
    const asked = ask(pool);
    await arrived.promise;
    await clock.advance(limits.headMs * 2);
    expect((await asked).fault?.code).toBe('head_timeout');
  });

  it('gives up on a body that stops arriving', async () => {
    const { pool, clock } = await start((_request, response) => {
      response.writeHead(200);
      response.write('part');
    });
    const part = createDeferred();
    const asked = ask(pool, {}, undefined, () => part.resolve());
    await part.promise;
    await turns(20);
    await clock.advance(limits.bodyIdleMs * 2);
    expect(await asked).toMatchObject({ status: 200, fault: { code: 'body_timeout' } });
  });

  it('passes early hints on before the response', async () => {
    const { pool } = await start((_request, response) => {
      response.writeEarlyHints({ link: '</a.css>; rel=preload' });
      response.end('ok');
    });
    expect(await ask(pool)).toMatchObject({ interim: [103], status: 200, body: 'ok' });
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('takes a response without a body: %s, %i', async (method, status) => {
    const { pool } = await start((_request, response) => void response.writeHead(status).end());
    expect(await ask(pool, { method })).toMatchObject({ status, body: '', fault: undefined });
  });

  it('waits for requests in flight when its pool closes, and sends no more', async () => {
    const arrived = createDeferred<EitherResponse>();
    const { pool } = await start((_request, response) => arrived.resolve(response));
    const asked = ask(pool);
    const response = await arrived.promise;
    let closed = false;
    const closing = pool.close().then(() => (closed = true));
    await turns();
    expect(closed).toBe(false);
    expect((await ask(pool)).fault?.code).toBe('connect_failed');
    response.end('late');
    expect((await asked).body).toBe('late');
    await closing;
    expect(pool.stats()).toEqual({ open: 0, idle: 0, inFlight: 0 });
  });

  it('closes a connection that is idle for too long', async () => {
    const { pool, clock } = await start((_request, response) => void response.end('ok'));
    await ask(pool);
    await until(() => pool.stats().idle === 1);
    await clock.advance(limits.idleMs + 1000);
    await until(() => pool.stats().open === 0);
    expect((await ask(pool)).body).toBe('ok');
  });
});
