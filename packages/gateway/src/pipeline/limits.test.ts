import { afterEach, describe, expect, test } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { until } from '../../../testkit/src/until.ts';
import {
  allow,
  deny,
  startEntryPoint,
  type TestEntryPoint,
  type TestEntryPointOptions,
} from '../entrypoints/entry-point.testkit.ts';
import { createDeferred } from '../../../testkit/src/deferred.ts';
import { startServer } from '../../../testkit/src/http-server.ts';
import { openRaw } from '../../../testkit/src/raw-connection.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

async function start(options: TestEntryPointOptions): Promise<TestEntryPoint> {
  const gateway = await startEntryPoint(options);
  cleanups.push(() => gateway.close());
  return gateway;
}

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a limit', () => {
  test('on the head: 431', async () => {
    const gateway = await start({ transport: { maxHeaderBytes: 2048 } });
    const connection = await openRaw(
      gateway.port,
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(4000)}\r\n\r\n`,
    );
    const answer = await connection.closed();
    expect(answer).toMatch(/^HTTP\/1\.1 431 [^]*Connection: close[^]*request_head_too_large/);
    connection.socket.destroy();
  });

  test('on lines: exactly the configured number passes', async () => {
    const seen = createDeferred<number>();
    const upstream = await startServer(
      (request, response) => {
        seen.resolve(request.rawHeaders.filter((name) => name.startsWith('x-many')).length);
        response.end();
      },
      (server) => void (server.maxHeadersCount = 0),
    );
    cleanups.push(() => upstream.close());
    const gateway = await start({ servers: [upstream.url], transport: { maxHeaderFields: 1501 } });
    const lines = Array.from({ length: 1500 }, (_, i) => `x-many${i}: 1\r\n`).join('');
    const connection = await openRaw(gateway.port, `GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`);
    expect(await seen.promise).toBe(1500);
    connection.socket.destroy();
  });

  test('on an announced body: 413 before any request is sent', async () => {
    const asked: string[] = [];
    const gateway = await start({
      transport: { maxBodyBytes: 10 },
      steps: [() => (asked.push('step'), allow())],
    });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n',
    );
    await connection.until(/^HTTP\/1\.1 413 [^]*request_too_large/);
    expect(asked).toEqual([]);
    connection.socket.destroy();
  });

  test('on a chunked body: 413, and the server never sees a complete request', async () => {
    const outcome = createDeferred<string>();
    const upstream = await startServer((request) => {
      request.on('data', () => {});
      request.on('end', () => outcome.resolve('complete'));
      request.on('error', () => outcome.resolve('incomplete'));
    });
    cleanups.push(() => upstream.close());
    const gateway = await start({ servers: [upstream.url], transport: { maxBodyBytes: 10 } });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    );
    connection.send('6\r\n world\r\n');
    await connection.until(/^HTTP\/1\.1 413 [^]*request_too_large[^]*}$/);
    expect(await outcome.promise).toBe('incomplete');
    connection.send('0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 11\r\n\r\n');
    expect((await connection.closed()).match(/HTTP\/1\.1 413/g)).toHaveLength(2);
    connection.socket.destroy();
  });

  test('on a body: exactly as many bytes pass', async () => {
    const upstream = await startServer((request, response) => request.pipe(response));
    cleanups.push(() => upstream.close());
    const gateway = await start({ servers: [upstream.url], transport: { maxBodyBytes: 5 } });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n',
    );
    expect(await connection.until(/200 OK[^]*hello/)).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    connection.socket.destroy();
  });

  test('on the time for the head: 408 when nothing arrives', async () => {
    const clock = createFakeClock();
    const gateway = await start({ clock, transport: { headerTimeoutMs: 10_000 } });
    const connection = await openRaw(gateway.port);
    await until(() => gateway.entryPoint.connections() === 1);
    await clock.advance(9_000);
    expect(gateway.entryPoint.connections()).toBe(1);
    await clock.advance(3_000);
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 408 [^]*request_timeout/);
    connection.socket.destroy();
  });

  test('on the time for the head: 408 when half of it arrives', async () => {
    // Node.js's server reads it by its own clock, while the gateway's stands still.
    const gateway = await start({ clock: createFakeClock(), transport: { headerTimeoutMs: 1 } });
    const connection = await openRaw(gateway.port, 'GET / HTTP/1.1\r\n');
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 408 [^]*request_timeout/);
    connection.socket.destroy();
  });

  test('on the time for the whole request: 408, and the server never sees a complete one', async () => {
    const outcome = createDeferred<string>();
    const arrived = createDeferred();
    const upstream = await startServer((request) => {
      request.on('data', () => arrived.resolve());
      request.on('end', () => outcome.resolve('complete'));
      request.on('error', () => outcome.resolve('incomplete'));
    });
    cleanups.push(() => upstream.close());
    const clock = createFakeClock();
    const gateway = await start({ clock, servers: [upstream.url], transport: { readTimeoutMs: 10_000 } });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello',
    );
    await arrived.promise;
    await clock.advance(9_000);
    expect(gateway.records).toEqual([]);
    await clock.advance(3_000);
    const answer = await connection.closed();
    expect(answer).toMatch(/^HTTP\/1\.1 408 [^]*request_timeout/);
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1);
    expect(await outcome.promise).toBe('incomplete');
    expect(await gateway.recorded(1)).toMatchObject({
      status: 408,
      originStatus: 0,
      downstreamBytes: answer.length - answer.indexOf('{'),
      serverUrl: upstream.url,
      refusal: { code: 'request_timeout' },
    });
    expect(gateway.leases()).toBe(0);
    connection.socket.destroy();
  });

  test('on the time for a request that has its response: the connection is closed without a second one', async () => {
    const clock = createFakeClock();
    const gateway = await start({ clock, steps: [() => deny()], transport: { readTimeoutMs: 10_000 } });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhello',
    );
    await connection.until(/HTTP\/1\.1 401 [^]*}$/);
    await clock.advance(9_000);
    expect(gateway.entryPoint.connections()).toBe(1);
    await clock.advance(3_000);
    expect((await connection.closed()).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401']);
    connection.socket.destroy();
  });

  test('on idle connections: closed', async () => {
    const clock = createFakeClock();
    const gateway = await start({ clock, steps: [() => deny()], transport: { idleTimeoutMs: 10_000 } });
    const connection = await openRaw(gateway.port, get);
    await connection.until(/HTTP\/1\.1 401 [^]*}$/);
    await clock.advance(9_000);
    connection.send(get);
    await connection.until(/HTTP\/1\.1 401 [^]*HTTP\/1\.1 401 [^]*}$/);
    await clock.advance(12_000);
    expect((await connection.closed()).match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 401', 'HTTP/1.1 401']);
    connection.socket.destroy();
  });

  test('on the form of a body: 400 at once, even during the decision', async () => {
    const asked = createDeferred();
    const decision = createDeferred<ReturnType<typeof deny>>();
    const gateway = await start({ steps: [() => (asked.resolve(), decision.promise)] });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX-Request-Id: odd-body\r\n\r\n',
    );
    await asked.promise;
    connection.send('no chunk\r\n');
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 400 [^]*request_invalid[^]*odd-body/);
    decision.resolve(deny());
    expect(await gateway.recorded(1)).toMatchObject({
      requestId: 'odd-body',
      status: 400,
      refusal: { code: 'request_invalid' },
    });
    expect(gateway.leases()).toBe(0);
    connection.socket.destroy();
  });

  test('garbage after a request does not interrupt its response', async () => {
    let end = (): void => {};
    const upstream = await startServer((_request, response) => {
      response.write('first half');
      end = () => response.end();
    });
    cleanups.push(() => upstream.close());
    const gateway = await start({ servers: [upstream.url] });
    for (const target of ['http://a/', '/']) {
      const connection = await openRaw(gateway.port, `GET ${target} HTTP/1.1\r\nHost: a\r\n\r\n`);
      await connection.until(/first half/);
      connection.send('\0garbage\r\n\r\n');
      // Read at once or after the response.
      if (target === '/') end();
      const answers = (await connection.closed()).match(/HTTP\/1\.1 \d+/g);
      expect(answers).toEqual(target === '/' ? ['HTTP/1.1 200', 'HTTP/1.1 400'] : ['HTTP/1.1 200']);
      expect(gateway.leases()).toBe(0);
      connection.socket.destroy();
    }
  });
});
