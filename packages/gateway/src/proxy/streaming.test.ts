import { Agent, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { afterEach, describe, expect, test } from 'vitest';
import { createDeferred } from '../../../testkit/src/deferred.ts';
import { startServer, type TestServer } from '../../../testkit/src/http-server.ts';
import {
  startEntryPoint,
  type TestEntryPoint,
  type TestEntryPointOptions,
} from '../entrypoints/entry-point.testkit.ts';
import { openRaw } from '../../../testkit/src/raw-connection.ts';
import { mebibyte, total, writeUntilFull } from './back-pressure.testkit.ts';
import type { RequestListener } from 'node:http';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

async function start(
  listener: RequestListener,
  options: TestEntryPointOptions = {},
  prepare?: Parameters<typeof startServer>[1],
): Promise<{ gateway: TestEntryPoint; upstream: TestServer }> {
  const upstream = await startServer(listener, prepare);
  cleanups.push(() => upstream.close());
  const gateway = await startEntryPoint({ servers: [upstream.url], ...options });
  cleanups.push(() => gateway.close());
  return { gateway, upstream };
}

describe('a body on its way', () => {
  test('a large upload waits for a server that does not read, and arrives complete', async () => {
    const arrived = createDeferred<{ request: IncomingMessage; response: ServerResponse }>();
    const { gateway } = await start((request, response) => arrived.resolve({ request, response }));
    const sent = httpRequest(`${gateway.origin}/`, {
      method: 'POST',
      headers: { 'content-length': total * mebibyte.length },
    });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    const first = await writeUntilFull(sent);
    const { request, response } = await arrived.promise;
    // Buffers of the four sockets and their streams; far from the whole body.
    expect(first).toBeLessThan(total / 2);
    let received = 0;
    request.on('data', (chunk: Buffer) => (received += chunk.length));
    request.on('end', () => response.end(String(received)));
    for (let written = first; written < total; written += 1)
      if (!sent.write(mebibyte)) await once(sent, 'drain');
    sent.end();
    const [answer] = await answered;
    expect(String((await answer.toArray())[0])).toBe(String(total * mebibyte.length));
  });

  test('a large download waits for a caller that does not read, and arrives complete', async () => {
    const firstPart = createDeferred<number>();
    const { gateway } = await start((_request, response) => {
      response.writeHead(200, { 'content-length': total * mebibyte.length });
      void (async () => {
        const first = await writeUntilFull(response);
        firstPart.resolve(first);
        for (let written = first; written < total; written += 1)
          if (!response.write(mebibyte)) await once(response, 'drain');
        response.end();
      })();
    });
    const sent = httpRequest(`${gateway.origin}/`).end();
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    expect(await firstPart.promise).toBeLessThan(total / 2);
    let received = 0;
    answer.on('data', (chunk: Buffer) => (received += chunk.length));
    await once(answer, 'end');
    expect(received).toBe(total * mebibyte.length);
    expect(await gateway.recorded(1)).toMatchObject({ status: 200, originBytes: received });
  });

  test('the head of an event stream arrives before its first event, and each event at once', async () => {
    const stream = createDeferred<ServerResponse>();
    const { gateway } = await start((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.flushHeaders();
      stream.resolve(response);
    });
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await connection.until(/\r\n\r\n/)).toMatch(/content-type: text\/event-stream[^]*\r\n\r\n$/);
    const response = await stream.promise;
    for (const count of [1, 2, 3]) {
      response.write(`data: ${count}\n\n`);
      await connection.until(new RegExp(`data: ${count}\n\n`));
    }
    response.end();
    await connection.until(/\r\n0\r\n\r\n$/);
    connection.socket.destroy();
  });

  test('a chunked upload passes part by part while the response has already started', async () => {
    const { gateway } = await start((request, response) => {
      response.writeHead(200).flushHeaders();
      request.on('data', (chunk: Buffer) => response.write(chunk));
      request.on('end', () => response.end());
    });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n',
    );
    await connection.until(/one/);
    connection.send('3\r\ntwo\r\n');
    await connection.until(/two/);
    connection.send('0\r\n\r\nGET /again HTTP/1.1\r\nHost: a\r\n\r\n');
    const text = await connection.until(/\r\n0\r\n\r\n[^]*\r\n0\r\n\r\n$/);
    expect(text.match(/HTTP\/1\.1 200 OK\r\n/g)).toHaveLength(2);
    connection.socket.destroy();
  });

  test('HEAD, 204 and 304 have only a head, and the connection stays open', async () => {
    const { gateway } = await start((request, response) => {
      if (request.method === 'HEAD') response.writeHead(200, { 'content-length': 1234 });
      else if (request.url === '/204') response.writeHead(204);
      else if (request.url === '/304') response.writeHead(304, { etag: '"a"', 'content-length': 99 });
      else response.write('body');
      response.end();
    });
    const connection = await openRaw(gateway.port);
    const ask = async (line: string, before: number): Promise<string> => {
      connection.send(`${line} HTTP/1.1\r\nHost: a\r\n\r\n`);
      await connection.until(new RegExp(`^(?:HTTP[^]*?\r\n\r\n){${before + 1}}`));
      return connection.text().split(/(?=HTTP\/1\.1 )/)[before]!;
    };
    expect(await ask('HEAD /', 0)).toMatch(/^HTTP\/1\.1 200 [^]*content-length: 1234\r\n[^]*\r\n\r\n$/);
    expect(await ask('GET /204', 1)).toMatch(
      /^HTTP\/1\.1 204 (?![^]*(?:content-length|chunked))[^]*\r\n\r\n$/,
    );
    expect(await ask('GET /304', 2)).toMatch(/^HTTP\/1\.1 304 [^]*etag: "a"\r\n[^]*\r\n\r\n$/);
    await ask('GET /body', 3);
    await connection.until(/4\r\nbody\r\n0\r\n\r\n$/);
    connection.socket.destroy();
  });

  test('the head of a response may be large', async () => {
    const { gateway } = await start((_request, response) => {
      response.setHeader('X-Large', 'x'.repeat(200_000));
      response.end('ok');
    });
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 200 [^]*x-large: x{200000}\r\n/);
    connection.socket.destroy();
  });

  test('trailers of a response pass, except those that would change its framing', async () => {
    const { gateway } = await start((_request, response) => {
      response.writeHead(200, { trailer: 'X-Sum' });
      response.write('body');
      response.addTrailers([
        ['X-Sum', '42'],
        ['Set-Cookie', 'a=b'],
      ]);
      response.end();
    });
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await connection.until(/\r\n0\r\n[^]*\r\n\r\n$/)).toMatch(/body\r\n0\r\nx-sum: 42\r\n\r\n$/);
    connection.socket.destroy();
  });

  test('early hints and 102 pass before the response; an HTTP/1.0 caller gets only the response', async () => {
    const { gateway } = await start((_request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</a.css>; rel=preload; as=style' });
      response.end('ok');
    });
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(await connection.until(/ok$/)).toMatch(
      /^HTTP\/1\.1 102 Processing\r\n\r\nHTTP\/1\.1 103 Early Hints\r\nLink: <\/a\.css>; rel=preload; as=style\r\n\r\nHTTP\/1\.1 200 /,
    );
    connection.socket.destroy();
    const old = await openRaw(gateway.port, 'GET / HTTP/1.0\r\nHost: a\r\n\r\n');
    expect(await old.closed()).toMatch(/^HTTP\/1\.1 200 [^]*ok$/);
    old.socket.destroy();
  });

  test('a body whose sender waits for 100 Continue is requested once the server is ready for it', async () => {
    const { gateway } = await start((request, response) => request.pipe(response));
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
    );
    await connection.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    connection.send('hello');
    const text = await connection.until(/HTTP\/1\.1 200 [^]*hello/);
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 200']);
    connection.socket.destroy();
  });

  test('an unknown expectation is refused', async () => {
    const { gateway } = await start((_request, response) => response.end('ok'));
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n');
    expect(await connection.until(/\r\n\r\n/)).toMatch(/^HTTP\/1\.1 417 /);
    connection.socket.destroy();
  });

  test.each([0, 1024 * 1024 * 1024])(
    'a response before the end of an upload reaches the caller, and the rest of the upload does no harm (limit %d)',
    async (maxBodyBytes) => {
      const { gateway } = await start(
        (request, response) => {
          if (request.url === '/early') request.once('data', () => response.writeHead(401).end('no'));
          else response.end('next');
        },
        { transport: { maxBodyBytes } },
      );
      const connection = await openRaw(
        gateway.port,
        'POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nabcd',
      );
      await connection.until(/HTTP\/1\.1 401 [^]*no/);
      connection.send(`${'x'.repeat(99_996)}GET /next HTTP/1.1\r\nHost: a\r\n\r\n`);
      const text = await connection.until(/HTTP\/1\.1 200 [^]*next/);
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 200']);
      connection.socket.destroy();
    },
  );

  test('an endless upload is closed after the response', async () => {
    const { gateway } = await start((request, response) => {
      request.once('data', () => response.writeHead(401).end('no'));
    });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n',
    );
    await connection.until(/HTTP\/1\.1 401 [^]*no/);
    await connection.flood(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
    expect(gateway.records).toHaveLength(1);
    connection.socket.destroy();
  });
});

describe('one connection after the other', () => {
  test('requests on a kept connection leave no listeners behind', async () => {
    const { gateway, upstream } = await start((request, response) => {
      request.resume();
      response.end('ok');
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    for (let round = 0; round < 50; round += 1) {
      const sent = httpRequest(`${gateway.origin}/`, { agent, method: round % 2 === 0 ? 'POST' : 'GET' });
      sent.end(round % 2 === 0 ? 'body' : undefined);
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      answer.resume();
      await once(answer, 'end');
    }
    await gateway.recorded(50);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    agent.destroy();
    expect(warnings).toEqual([]);
    expect(gateway.records).toHaveLength(50);
    expect(upstream.connections).toHaveLength(1);
  });

  test('pipelined requests get responses in order, one at a time', async () => {
    let underWay = 0;
    let most = 0;
    const { gateway } = await start((request, response) => {
      underWay += 1;
      most = Math.max(most, underWay);
      request.resume();
      setImmediate(() => {
        underWay -= 1;
        response.end(`answer ${request.url};`);
      });
    });
    const one = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc`;
    const connection = await openRaw(
      gateway.port,
      Array.from({ length: 20 }, (_, i) => one(`/${i}`)).join(''),
    );
    const text = await connection.until(/answer \/19;/);
    expect(Array.from(text.matchAll(/answer \/(\d+);/g), ([, n]) => Number(n))).toEqual(
      Array.from({ length: 20 }, (_, i) => i),
    );
    expect(most).toBe(1);
    connection.socket.destroy();
  });

  test('pipelined requests are never started after the connection closes', async () => {
    const arrived = createDeferred();
    const { gateway } = await start(() => arrived.resolve());
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(3));
    await arrived.promise;
    connection.socket.destroy();
    expect((await gateway.recorded(1)).status).toBe(499);
    expect(gateway.leases()).toBe(0);
    expect(gateway.records).toHaveLength(1);
  });

  test('a flood of pipelined requests is cut off', async () => {
    const arrived = createDeferred();
    const { gateway } = await start(() => arrived.resolve());
    // In absolute form, so that Node.js's server reads them.
    const connection = await openRaw(gateway.port, 'GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n');
    await arrived.promise;
    connection.send('GET / HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200));
    await connection.closed();
    await gateway.recorded(1);
    expect(gateway.records).toHaveLength(1);
    connection.socket.destroy();
  });
});
