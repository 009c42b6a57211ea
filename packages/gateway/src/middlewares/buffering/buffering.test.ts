import type { RequestListener } from 'node:http';
import { readdirSync, readlinkSync } from 'node:fs';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { until } from '../../../../testkit/src/until.ts';
import { createDeferred } from '../../../../testkit/src/deferred.ts';
import { startServer } from '../../../../testkit/src/http-server.ts';
import { openRaw } from '../../../../testkit/src/raw-connection.ts';
import { compileMiddlewares, startGatewayWith, valuesOf } from '../middlewares.testkit.ts';
import { unchanged, type Step } from '../step.ts';
import { Spool } from './spool.ts';

const start = (options: object, more: Parameters<typeof startGatewayWith>[1] = {}) =>
  startGatewayWith({ b: { buffering: options } }, more);

/** Temporary files of bodies that this process has open, each without a name. */
const openFiles = (): readonly string[] =>
  readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.includes('grantgate-') ? [target] : [];
    } catch {
      return [];
    }
  });

describe('the body of a request', () => {
  it.each<[how: string, memory: number]>([
    ['memory', 1000],
    ['a file', 4],
  ])('waits in %s until it is complete, and then has a length', async (_how, memRequestBodyBytes) => {
    let arrivals = 0;
    const { gateway } = await start(
      { memRequestBodyBytes },
      {
        prepare: (server) => void server.on('request', () => (arrivals += 1)),
        respond: (_incoming, response) => response.end('ok'),
      },
    );
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    );
    // Another request is served meanwhile: the first one has been read by then, but not sent to the server.
    const other = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    await other.until(/ok$/);
    expect(arrivals).toBe(1);
    connection.send('6\r\n world\r\n0\r\n\r\n');
    await connection.until(/ok$/);
    expect(arrivals).toBe(2);
    for (const { socket } of [connection, other]) socket.destroy();
  });

  it.each([1000, 4])('arrives whole with its length with %i bytes in memory', async (memRequestBodyBytes) => {
    const { gateway } = await start({ memRequestBodyBytes }, { respond: echo });
    const sent = request({ port: gateway.port, host: '127.0.0.1', method: 'POST' });
    sent.write('hello');
    sent.end(' world');
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const shown = JSON.parse(String(Buffer.concat(await response.toArray()))) as BodyFraming;
    expect(shown.length).toBe('11');
    expect(shown.encoding).toBe('');
    await until(() => openFiles().length === 0);
  });

  it.each([
    ['announced', 'Content-Length: 21\r\n\r\n'],
    ['in chunks', `Transfer-Encoding: chunked\r\n\r\n15\r\n${'x'.repeat(21)}\r\n`],
  ])('is refused when it is too large, %s', async (_how, rest) => {
    const { gateway } = await start({ maxRequestBodyBytes: 20, memRequestBodyBytes: 4 });
    const connection = await openRaw(gateway.port, `POST / HTTP/1.1\r\nHost: a\r\n${rest}`);
    await connection.until(/^HTTP\/1\.1 413 [^]*request_body_too_large/);
    connection.socket.destroy();
    expect(await gateway.recorded(1)).toMatchObject({
      status: 413,
      originStatus: 0,
      refusal: { code: 'request_body_too_large', middleware: 'b@file' },
    });
    await until(() => openFiles().length === 0);
  });

  it('stays within the limit of the entry point', async () => {
    const { gateway } = await start({ maxRequestBodyBytes: 100 }, { transport: { maxBodyBytes: 10 } });
    const connection = await openRaw(
      gateway.port,
      `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n15\r\n${'x'.repeat(21)}\r\n`,
    );
    await connection.until(/^HTTP\/1\.1 413 /);
    connection.socket.destroy();
    expect(await gateway.recorded(1)).toMatchObject({ status: 413 });
  });

  it('is requested with 100 Continue when the caller waits for it', async () => {
    const { gateway } = await start({}, { respond: echo });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n',
    );
    await connection.until(/^HTTP\/1\.1 100 /);
    connection.send('hello');
    expect(await connection.until(/"length":"5"/)).not.toMatch(/ 100 [^]* 100 /);
    connection.socket.destroy();
  });

  it('leaves nothing behind when the caller disconnects', async () => {
    const { gateway } = await start({ memRequestBodyBytes: 4 });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhello hello',
    );
    await until(() => openFiles().some((name) => name.endsWith('(deleted)')));
    connection.socket.destroy();
    await until(() => openFiles().length === 0);
    expect(await gateway.recorded(1)).toMatchObject({ status: 499 });
    expect(gateway.leases()).toBe(0);
  });
});

interface BodyFraming {
  readonly length: string;
  readonly encoding: string;
}

const echo = ({ headers }: IncomingMessage, response: ServerResponse): void =>
  void response.end(
    JSON.stringify({
      length: headers['content-length'] ?? '',
      encoding: headers['transfer-encoding'] ?? '',
    } satisfies BodyFraming),
  );

describe('the body of a response', () => {
  it.each([1000, 4])('waits until it is complete, with %i bytes in memory', async (memResponseBodyBytes) => {
    const arrived = createDeferred<ServerResponse>();
    const { gateway } = await start(
      { memResponseBodyBytes },
      {
        respond: (incoming, response) =>
          incoming.url === '/' ? arrived.resolve(response) : response.end('other'),
      },
    );
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const response = await arrived.promise;
    response.write('hello');
    const other = await openRaw(gateway.port, 'GET /other HTTP/1.1\r\nHost: a\r\n\r\n');
    await other.until(/other$/);
    expect(connection.text()).toBe('');
    response.end(' world');
    expect(await connection.until(/ world$/)).toMatch(/Content-Length: 11\r\n[^]*\r\n\r\nhello world$/);
    for (const { socket } of [connection, other]) socket.destroy();
    await until(() => openFiles().length === 0);
  });

  it.each([
    ['with a length', { 'Content-Length': '2000' }],
    ['in chunks', {}],
  ])('is a refusal when it is too large, %s', async (_how, headers) => {
    const { send, gateway } = await start(
      { maxResponseBodyBytes: 1000 },
      { respond: (_incoming, response) => response.writeHead(200, headers).end('x'.repeat(2000)) },
    );
    const { status, body } = await send('/');
    expect(status).toBe(500);
    expect(JSON.parse(body)).toMatchObject({ code: 'response_not_buffered' });
    expect(await gateway.recorded(1)).toMatchObject({ status: 500, refusal: { middleware: 'b@file' } });
    expect(gateway.leases()).toBe(0);
  });

  it('is a refusal when the server aborts it, because nothing has been sent', async () => {
    const { send } = await start(
      {},
      {
        respond(_incoming, response) {
          response.writeHead(200, { 'Content-Length': '100' });
          response.write('half', () => response.destroy());
        },
      },
    );
    const { status, body } = await send('/');
    expect(status).toBe(502);
    expect(JSON.parse(body)).toMatchObject({ code: 'upstream_reset' });
  });

  it.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('is empty for %s with status %i', async (method, code) => {
    const { send } = await start({}, { respond: (_incoming, response) => response.writeHead(code).end() });
    const { status, body, headers } = await send('/', [], method);
    expect({ status, body, length: valuesOf(headers, 'content-length') }).toEqual({
      status: code,
      body: '',
      length: [],
    });
  });

  it('closes its file when the caller disconnects', async () => {
    const arrived = createDeferred<ServerResponse>();
    const { gateway } = await start(
      { memResponseBodyBytes: 4 },
      { respond: (_incoming, response) => arrived.resolve(response) },
    );
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    const response = await arrived.promise;
    response.write('hello');
    await until(() => openFiles().length === 1);
    connection.socket.destroy();
    await until(() => openFiles().length === 0 && response.closed);
    await gateway.recorded(1);
    expect(gateway.leases()).toBe(0);
  });
});

it.each([
  ['after', 4],
  ['after', 1000],
  ['before', 4],
  ['before', 1000],
])('shares a body with a buffering step %s it, with %i bytes in memory', async (side, bytes) => {
  let held: string | undefined;
  const hold: Step = {
    name: 'hold@file',
    async onRequest(incoming) {
      held = (await incoming.bufferBody(1000))?.toString();
      return unchanged;
    },
  };
  const { steps } = compileMiddlewares({ b: { buffering: { memRequestBodyBytes: bytes } } });
  const { send } = await startGatewayWith(
    {},
    { steps: side === 'after' ? [...steps, hold] : [hold, ...steps] },
  );
  const { status, seen } = await send('/', [], 'POST', 'a body of a request');
  expect({ status, held, body: seen?.body }).toEqual({
    status: 200,
    held: 'a body of a request',
    body: 'a body of a request',
  });
});

it('forwards every body unchanged in both directions, in any chunks, from memory or file', async () => {
  const mirror = await startServer((incoming, response) => void incoming.pipe(response));
  onTestFinished(() => mirror.close());
  const options = { memRequestBodyBytes: 5000, memResponseBodyBytes: 3000 };
  const { gateway } = await start(options, { servers: [mirror.url] });
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.integer({ min: 1, max: 100_000 }).map((length) => Buffer.alloc(length, length % 251)),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 6 }), async (parts) => {
      const sent = request({ port: gateway.port, host: '127.0.0.1', method: 'POST' });
      for (const one of parts) sent.write(one);
      sent.end();
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      const body = Buffer.concat(await (response as AsyncIterable<Buffer> & IncomingMessage).toArray());
      expect(body.equals(Buffer.concat(parts))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

describe('a spool', () => {
  it('buffers the rest in an unnamed file of mode 0600', async () => {
    const spool = new Spool(4);
    expect(spool.append(Buffer.from('abcd'))).toBeUndefined();
    expect(spool.whole()?.toString()).toBe('abcd');
    await spool.append(Buffer.from('ef'));
    expect(spool.whole()).toBeUndefined();
    expect(openFiles()).toEqual([expect.stringMatching(/\(deleted\)$/) as string]);
    const parts: string[] = [];
    await spool.read((part) => void parts.push(part.toString()));
    expect(parts.join('')).toBe('abcdef');
    spool.close();
    await until(() => openFiles().length === 0);
  });
});

describe('retryExpression', () => {
  const start = (retryExpression: string, respond: RequestListener) =>
    startGatewayWith({ b: { buffering: { retryExpression } } }, { respond });

  it('sends a request again, with its body, while the condition holds', async () => {
    let count = 0;
    const { send } = await start(
      'ResponseCode() == 503 && Attempts() < 3 && RequestMethod() == "POST"',
      (_request, response) => {
        count += 1;
        response.writeHead(count === 3 ? 200 : 503).end(String(count));
      },
    );
    const repeated = await send('/', [], 'POST', 'body');
    expect([repeated.status, repeated.body, repeated.seen?.body]).toEqual([200, '3', 'body']);
    count = 0;
    expect((await send('/')).status).toBe(503);
    expect(count).toBe(1);
  });

  it('repeats a request without a response ten times at most', async () => {
    let count = 0;
    const { send } = await start('IsNetworkError()', (request) => {
      count += 1;
      request.socket.destroy();
    });
    expect((await send('/')).status).toBe(502);
    expect(count).toBe(11);
  });

  it('reports a mistake at its place', () => {
    const expression = 'Attempts() > 2 && IsNetworkFault()';
    const { problems } = compileMiddlewares({ b: { buffering: { retryExpression: expression } } });
    expect(problems).toEqual([
      expect.stringMatching(/1:19: unknown function IsNetworkFault: .*IsNetworkError/),
    ]);
    const { problems: others } = compileMiddlewares({
      b: { buffering: { retryExpression: 'RequestMethod() < "a"' } },
    });
    expect(others).toEqual([expect.stringContaining('expected a comparison: "==" or "!="')]);
  });
});
