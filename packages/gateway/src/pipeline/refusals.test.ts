import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { createServer as createNetServer, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
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
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { findClosedPort } from '../../../testkit/src/scripted-server.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

async function start(options: TestEntryPointOptions): Promise<TestEntryPoint> {
  const gateway = await startEntryPoint(options);
  cleanups.push(() => gateway.close());
  return gateway;
}

/** A TCP server that handles each connection with a callback. */
async function startRawServer(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createNetServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function ask(
  gateway: TestEntryPoint,
  method = 'GET',
): Promise<{ status: number | undefined; headers: IncomingMessage['headers']; body: string }> {
  const sent = httpRequest(`${gateway.origin}/`, { method, agent: false }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const chunks = (await answer.toArray()) as Buffer[];
  return { status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString() };
}

const unusedPort = async (): Promise<string> => `http://127.0.0.1:${await findClosedPort()}`;

const get = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n';

describe('a refusal', () => {
  test('is a problem document with the request ID, the challenge and no caching', async () => {
    const gateway = await start({ steps: [() => deny('credentials_missing')] });
    const { status, headers, body } = await ask(gateway);
    expect(status).toBe(401);
    expect(headers['content-type']).toBe('application/problem+json');
    expect(headers['www-authenticate']).toMatch(/^Basic realm=/);
    expect(headers['cache-control']).toBe('no-store');
    const record = await gateway.recorded(1);
    expect(headers['x-request-id']).toBe(record.requestId);
    expect(JSON.parse(body)).toEqual({
      type: 'urn:grantgate:problem:credentials_missing',
      title: 'Credentials are required',
      status: 401,
      detail: 'for the test',
      code: 'credentials_missing',
      requestId: record.requestId,
    });
    expect(record).toMatchObject({ status: 401, originStatus: 0, refusal: { code: 'credentials_missing' } });
  });

  test('of a HEAD request has only a head', async () => {
    const gateway = await start({ steps: [() => deny('claims_not_satisfied')] });
    const connection = await openRaw(gateway.port, 'HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 403 [^]*Content-Length: \d+\r\n[^]*\r\n\r\n$/);
    connection.socket.destroy();
  });

  const refused = async (): Promise<TestEntryPointOptions> => ({ servers: [await unusedPort()] });
  const reset = async (): Promise<TestEntryPointOptions> => ({
    servers: [await startRawServer((socket) => socket.once('data', () => socket.resetAndDestroy()))],
  });
  const closed = async (): Promise<TestEntryPointOptions> => ({
    servers: [await startRawServer((socket) => socket.once('data', () => socket.end()))],
  });
  const garbage = async (): Promise<TestEntryPointOptions> => ({
    servers: [await startRawServer((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH\r\n')))],
  });
  const compressed = async (): Promise<TestEntryPointOptions> => ({
    servers: [
      await startRawServer((socket) =>
        socket.once('data', () =>
          socket.write(
            'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n\x1f\x8b\r\n0\r\n\r\n',
          ),
        ),
      ),
    ],
  });
  test.each([
    ['no rule matches', async () => ({ match: () => false }), 404, 'no_route', undefined],
    ['the route is broken', async () => ({ broken: 'missing secret' }), 503, 'middleware_unavailable', '5'],
    ['no server is healthy', async () => ({ servers: [] }), 503, 'upstream_unavailable', '5'],
    ['the server refuses the connection', refused, 502, 'upstream_refused', undefined],
    ['the server resets the connection', reset, 502, 'upstream_reset', undefined],
    ['the server closes without an answer', closed, 502, 'upstream_reset', undefined],
    ['the server does not speak HTTP', garbage, 502, 'upstream_reset', undefined],
    ['the server answers in a coding that ends at the gateway', compressed, 502, 'upstream_reset', undefined],
  ] as const)('when %s', async (_, prepare, status, code, retryAfter) => {
    const gateway = await start(await prepare());
    const answer = await ask(gateway);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toMatchObject({ code, status });
    expect(answer.headers['retry-after']).toBe(retryAfter);
    expect(answer.body).not.toContain('secret');
    expect(await gateway.recorded(1)).toMatchObject({
      status,
      originStatus: 0,
      originBytes: 0,
      refusal: { code },
    });
    expect(gateway.leases()).toBe(0);
  });

  test('when the server does not respond in time', async () => {
    const clock = createFakeClock();
    const arrived = createDeferred();
    const url = await startRawServer((socket) => void socket.on('data', () => arrived.resolve()));
    const upstreamTransport = { responseHeaderTimeoutMs: 10_000 };
    const gateway = await start({ clock, servers: [url], upstreamTransport });
    const connection = await openRaw(gateway.port, get);
    await arrived.promise;
    await clock.advance(9_000);
    expect(gateway.records).toEqual([]);
    await clock.advance(2_000);
    await connection.until(/^HTTP\/1\.1 504 [^]*"code":"upstream_timeout"/);
    expect(await gateway.recorded(1)).toMatchObject({
      status: 504,
      originStatus: 0,
      originBytes: 0,
      refusal: { code: 'upstream_timeout' },
    });
    expect(gateway.leases()).toBe(0);
    connection.socket.destroy();
  });

  test.each([
    [
      'throws',
      () => {
        throw new Error('defect');
      },
    ],
    ['rejects', () => Promise.reject(new Error('defect'))],
  ])('a decision that %s closes the route and is reported', async (_, step) => {
    const gateway = await start({ servers: [await unusedPort()], steps: [step] });
    const answer = await ask(gateway);
    expect(answer.status).toBe(503);
    expect(answer.body).not.toContain('defect');
    expect(gateway.defects).toEqual([new Error('defect')]);
    expect(gateway.leases()).toBe(0);
  });

  test('a rule that throws closes the route and is reported', async () => {
    const gateway = await start({
      match: () => {
        throw new Error('defect');
      },
    });
    expect((await ask(gateway)).status).toBe(503);
    expect(gateway.defects).toHaveLength(1);
    expect(gateway.leases()).toBe(0);
  });

  test('that is sent before the body arrives keeps the connection in step', async () => {
    const gateway = await start({ steps: [() => deny()] });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n',
    );
    await connection.until(/HTTP\/1\.1 401 [^]*}$/);
    connection.send('GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n'.padEnd(50_000, 'x'));
    connection.send('GET /second HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
    expect((await connection.closed()).match(/HTTP\/1\.1 401 /g)).toHaveLength(2);
    expect(gateway.records.map(({ facts }) => facts.path)).toEqual(['/', '/second']);
    connection.socket.destroy();
  });

  test('closes the connection of a caller that continues to send', async () => {
    const gateway = await start({ steps: [() => deny()] });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n',
    );
    await connection.until(/HTTP\/1\.1 401 [^]*}$/);
    await connection.flood(Buffer.alloc(65_536));
    expect(gateway.records).toHaveLength(1);
    connection.socket.destroy();
  });

  test('replaces 100 Continue for a request that waits for it, and closes the connection', async () => {
    const gateway = await start({ steps: [() => deny()] });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n',
    );
    const answer = await connection.closed();
    expect(answer).toMatch(/^HTTP\/1\.1 401 [^]*Connection: close/);
    expect(answer).not.toContain('100 Continue');
    connection.socket.destroy();
  });
});

describe('a server that fails in the middle of its response', () => {
  test.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', '1.1', expect.any(Boolean)],
    [
      'chunks',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
      '1.1',
      expect.any(Boolean),
    ],
    [
      'chunks, to an HTTP/1.0 caller',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n',
      '1.0',
      // There, the body ends with the connection: only a reset distinguishes it from a complete one.
      true,
    ],
  ])('does not look complete to the caller: %s', async (_, head, version, isReset) => {
    const ready = createDeferred<Socket>();
    const gateway = await start({
      servers: [
        await startRawServer((socket) =>
          socket.once('data', () => {
            socket.write(head);
            ready.resolve(socket);
          }),
        ),
      ],
    });
    const connection = await openRaw(gateway.port, `GET / HTTP/${version}\r\nHost: a\r\n\r\n`);
    let failed = false;
    connection.socket.on('error', () => (failed = true));
    await connection.until(/half/);
    (await ready.promise).destroy();
    const answer = await connection.closed();
    expect(answer).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(failed).toEqual(isReset);
    expect(await gateway.recorded(1)).toMatchObject({ status: 200, originStatus: 200, originBytes: 4 });
    expect(gateway.leases()).toBe(0);
    connection.socket.destroy();
  });
});

describe('a caller that disconnects', () => {
  test('during the decision: nothing is sent, one record with 499', async () => {
    const asked = createDeferred();
    const decision = createDeferred<ReturnType<typeof allow>>();
    const upstream = await startServer((_request, response) => response.end());
    cleanups.push(() => upstream.close());
    let isFirst = true;
    const gateway = await start({
      servers: [upstream.url],
      steps: [
        () => {
          if (!isFirst) return allow();
          isFirst = false;
          asked.resolve();
          return decision.promise;
        },
      ],
    });
    const connection = await openRaw(gateway.port, get);
    await asked.promise;
    connection.socket.destroy();
    expect(await gateway.recorded(1)).toMatchObject({
      status: 499,
      originStatus: 0,
      serverUrl: undefined,
      refusal: undefined,
    });
    decision.resolve(allow());
    // The next request's connection to the server comes after any that the first could have opened.
    await ask(gateway);
    expect(upstream.connections).toHaveLength(1);
    expect(gateway.records.map(({ status }) => status)).toEqual([499, 200]);
    expect(gateway.leases()).toBe(0);
  });

  test.each([
    ['before the answer', '', 499],
    ['in the middle of the answer', 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', 200],
  ])('%s: the server’s request is aborted, one record', async (_, head, status) => {
    const arrived = createDeferred();
    const aborted = createDeferred();
    const url = await startRawServer((socket) => {
      socket.once('data', () => {
        socket.write(head);
        arrived.resolve();
      });
      socket.on('close', () => aborted.resolve());
    });
    const gateway = await start({ servers: [url], steps: [() => allow({}, 'jon')] });
    const connection = await openRaw(gateway.port, get);
    await arrived.promise;
    if (head !== '') await connection.until(/half/);
    connection.socket.destroy();
    await aborted.promise;
    expect(await gateway.recorded(1)).toMatchObject({
      status,
      clientUsername: 'jon',
      serverUrl: url,
      refusal: undefined,
    });
    expect(gateway.records).toHaveLength(1);
    expect(gateway.leases()).toBe(0);
  });

  test('in the middle of its body: the server never sees a complete request', async () => {
    const outcome = createDeferred<string>();
    const arrived = createDeferred();
    const upstream = await startServer((request) => {
      request.on('data', () => arrived.resolve());
      request.on('end', () => outcome.resolve('complete'));
      request.on('error', () => outcome.resolve('incomplete'));
    });
    cleanups.push(() => upstream.close());
    const gateway = await start({ servers: [upstream.url] });
    const connection = await openRaw(
      gateway.port,
      'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n',
    );
    await arrived.promise;
    connection.socket.destroy();
    expect(await outcome.promise).toBe('incomplete');
    expect(await gateway.recorded(1)).toMatchObject({ status: 499 });
    expect(gateway.leases()).toBe(0);
  });
});

test('a request without a usable route is recorded like any other', async () => {
  const asked: string[] = [];
  const gateway = await start({
    steps: [({ facts }) => (asked.push(facts.method), deny())],
  });
  const connection = await openRaw(
    gateway.port,
    'TRACE /a?b=c HTTP/1.1\r\nHost: a\r\nX-Request-Id: traced\r\n\r\n',
  );
  const answer = await connection.closed();
  expect(answer).toMatch(/^HTTP\/1\.1 501 [^]*method_not_supported[^]*traced/);
  expect(await gateway.recorded(1)).toMatchObject({
    requestId: 'traced',
    status: 501,
    downstreamBytes: answer.length - answer.indexOf('{'),
    routerName: undefined,
    refusal: { code: 'method_not_supported' },
    facts: { method: 'TRACE', target: '/a?b=c' },
  });
  expect(asked).toEqual([]);
  expect(gateway.leases()).toBe(0);
  connection.socket.destroy();
});

test('the record of a request has client, request, server and sizes', async () => {
  const upstream = await startServer((_request, response) => response.writeHead(201).end('created'));
  cleanups.push(() => upstream.close());
  const gateway = await start({ servers: [upstream.url], steps: [() => allow({}, 'jon')] });
  await ask(gateway, 'POST');
  const record = await gateway.recorded(1);
  expect(record).toMatchObject({
    status: 201,
    originStatus: 201,
    originBytes: 7,
    downstreamBytes: 7,
    httpVersion: '1.1',
    routerName: 'router@file',
    serviceName: 'api@file',
    serverUrl: upstream.url,
    clientUsername: 'jon',
    refusal: undefined,
    facts: {
      entryPoint: 'web',
      method: 'POST',
      path: '/',
      scheme: 'http',
      remoteAddress: '127.0.0.1',
      trusted: false,
    },
  });
  expect(record.durationMs).toBeGreaterThanOrEqual(record.originDurationMs);
  expect(record.originDurationMs).toBeGreaterThan(0);
  expect(gateway.records).toHaveLength(1);
});
