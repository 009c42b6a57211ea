import type { IncomingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allow, startEntryPoint, type TestEntryPoint } from '../../entrypoints/entry-point.testkit.ts';
import { startServer, type TestServer } from '../../../../testkit/src/http-server.ts';
import { openRaw } from '../../../../testkit/src/raw-connection.ts';

interface Arrival {
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly rawTrailers: readonly string[];
}

/** A server with Node.js's defaults, which silently drops header lines beyond a limit. */
async function startDefaultServer(arrivals: Arrival[]): Promise<TestServer> {
  return startServer(
    (request, response) => {
      let body = '';
      request.on('data', (part: Buffer) => (body += part.toString('latin1')));
      request.on('end', () => {
        const { url, headers, rawTrailers } = request;
        arrivals.push({ url, headers, body, rawTrailers });
        response.end('reached');
      });
    },
    (server) =>
      server.on('upgrade', ({ url, headers }, socket) => {
        arrivals.push({ url, headers, body: '', rawTrailers: [] });
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      }),
  );
}

const kinds: Readonly<Record<string, (index: number) => string>> = {
  'short names': () => 'a: b',
  'empty values': () => 'a:',
  'different names': (index) => `x-${index}: 1`,
  'names that we write': (index) => ['Authorization: Basic YTpi', 'Group: root', 'X-Forwarded-For: ::1'][index % 3]!,
}; // prettier-ignore

/** Requests with that many header lines, in the forms of all paths through an entry point. */
const forms: Readonly<Record<string, (lines: readonly string[]) => string>> = {
  'on the fast path': (lines) => ['GET /a HTTP/1.1', ...lines, 'Host: a', '\r\n'].join('\r\n'),
  'on the fast path with a body': (lines) =>
    ['POST /a HTTP/1.1', ...lines.slice(1), 'Host: a', 'Content-Length: 3', '\r\nabc'].join('\r\n'),
  'on the path of Node.js': (lines) =>
    ['POST /a HTTP/1.1', ...lines.slice(1), 'Host: a', 'Transfer-Encoding: chunked', '\r\n3\r\nabc\r\n0\r\n\r\n'].join('\r\n'),
  'with an expectation': (lines) =>
    ['POST /a HTTP/1.1', ...lines.slice(2), 'Host: a', 'Expect: 100-continue', 'Content-Length: 3', '\r\nabc'].join('\r\n'),
  'for a WebSocket': (lines) =>
    ['GET /a HTTP/1.1', ...lines.slice(2), 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket', '\r\n'].join('\r\n'),
  'for a WebSocket with a body': (lines) =>
    ['POST /a HTTP/1.1', ...lines.slice(3), 'Host: a', 'Connection: Upgrade', 'Upgrade: websocket', 'Content-Length: 3', '\r\nabc'].join('\r\n'),
  'for another protocol': (lines) =>
    ['GET /a HTTP/1.1', ...lines.slice(2), 'Host: a', 'Connection: Upgrade', 'Upgrade: h2c', '\r\n'].join('\r\n'),
}; // prettier-ignore

const toLines = (count: number, kind: (index: number) => string): readonly string[] =>
  Array.from({ length: count - 1 }, (_, index) => kind(index));

const refused =
  /^HTTP\/1\.1 431 [^]*Content-Type: application\/problem\+json[^]*"code":"too_many_header_fields"/i;

describe('a request with many header lines', () => {
  const arrivals: Arrival[] = [];
  let server: TestServer;
  let gateway: TestEntryPoint;
  beforeAll(async () => {
    server = await startDefaultServer(arrivals);
    gateway = await startEntryPoint({ servers: [server.url], steps: [() => allow({ Group: 'admin' })] });
  });
  afterAll(async () => {
    await gateway.close();
    await server.close();
  });

  const cases = Object.keys(forms).flatMap((form) =>
    Object.keys(kinds).flatMap((kind) =>
      [99, 100, 101, 1000, 2001, 5000].map((count) => [form, kind, count] as const),
    ),
  );
  const isMalformed = (form: string): boolean => form === 'for a WebSocket with a body';

  it.each(cases.filter(([, , count]) => count > 100))(
    'is refused %s, of %s: %i',
    async (form, kind, count) => {
      const before = arrivals.length;
      const recorded = gateway.records.length;
      const connection = await openRaw(gateway.port, forms[form]!(toLines(count, kinds[kind]!)));
      const answer = await connection.closed();
      // 5,000 lines may have more bytes than a head is allowed.
      const isLong = answer.includes('request_head_too_large');
      expect(answer).toMatch(isLong ? /^HTTP\/1\.1 431 / : refused);
      expect(arrivals.length).toBe(before);
      const record = isLong ? undefined : await gateway.recorded(recorded + 1);
      expect([record?.status, record?.refusal?.code]).toEqual(
        isLong ? [undefined, undefined] : [431, 'too_many_header_fields'],
      );
      connection.socket.destroy();
    },
  );

  it.each(cases.filter(([form, , count]) => count <= 100 && !isMalformed(form)))(
    'passes %s, of %s: %i',
    async (form, kind, count) => {
      const before = arrivals.length;
      const recorded = gateway.records.length;
      const connection = await openRaw(gateway.port, forms[form]!(toLines(count, kinds[kind]!)));
      await connection.until(/reached|HTTP\/1\.1 101 /);
      expect(arrivals.length).toBe(before + 1);
      expect(arrivals.at(-1)!.headers).toMatchObject({
        authorization: 'Bearer issued-token',
        group: 'admin',
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-host': 'a',
      });
      connection.socket.destroy();
      // An upgraded connection is recorded when it ends.
      await gateway.recorded(recorded + 1);
    },
  );

  it.each(cases.filter(([form, , count]) => count <= 100 && isMalformed(form)))(
    'is malformed %s, of %s: %i',
    async (form, kind, count) => {
      const connection = await openRaw(gateway.port, forms[form]!(toLines(count, kinds[kind]!)));
      expect(await connection.closed()).toMatch(/^HTTP\/1\.1 400 /);
      connection.socket.destroy();
    },
  );

  it('is refused after others on its connection, which is closed', async () => {
    const connection = await openRaw(gateway.port);
    const fits = forms['on the fast path']!(toLines(100, kinds['empty values']!));
    connection.send(fits);
    await connection.until(/reached/);
    connection.send(fits.replace('/a ', '/b '));
    await connection.until(/reached[^]*reached/);
    connection.send(forms['on the fast path']!(toLines(101, kinds['empty values']!)));
    expect(await connection.closed()).toMatch(/reached[^]*reached[^]*HTTP\/1\.1 431 [^]*Connection: close/);
    connection.socket.destroy();
  });

  it('is refused behind one without a response yet', async () => {
    const connection = await openRaw(
      gateway.port,
      forms['on the path of Node.js']!(toLines(9, kinds['empty values']!)) +
        forms['on the fast path']!(toLines(101, kinds['empty values']!)),
    );
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 200 [^]*reached[^]*HTTP\/1\.1 431 /);
    connection.socket.destroy();
  });

  it('loses trailers that forge headers, however many there are, but nothing of its body', async () => {
    const trailers = Array.from({ length: 300 }, (_, index) => `Group: root${index}\r\nAuthorization: x\r\n`);
    const connection = await openRaw(
      gateway.port,
      `POST /trailers HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n${trailers.join('')}\r\n`,
    );
    await connection.until(/reached/);
    expect(arrivals.at(-1)).toMatchObject({
      url: '/trailers',
      body: 'abc',
      rawTrailers: [],
      headers: { group: 'admin', authorization: 'Bearer issued-token' },
    });
    expect(arrivals.at(-1)!.headers.trailer).toBeUndefined();
    connection.send('GET /next HTTP/1.1\r\nHost: a\r\n\r\n');
    await connection.until(/reached[^]*reached/);
    expect(arrivals.at(-1)).toMatchObject({ url: '/next', body: '' });
    connection.socket.destroy();
  });
});

describe('a server that drops header lines beyond a count', () => {
  it.each([
    ['with a length', 'Content-Length: 3', '\r\nabc'],
    ['in chunks', 'Transfer-Encoding: chunked', '\r\n3\r\nabc\r\n0\r\n\r\n'],
    ['without a body', 'X-Last: 1', '\r\n'],
  ])('reads our lines and the body of a request %s', async (_how, framing, rest) => {
    const arrivals: Arrival[] = [];
    const server = await startDefaultServer(arrivals);
    const gateway = await startEntryPoint({
      servers: [server.url],
      steps: [() => allow({ Group: 'admin' })],
      transport: { maxHeaderFields: 4000 },
    });
    const head = ['POST /a HTTP/1.1', ...toLines(3000, kinds['empty values']!), 'Host: a', framing];
    const connection = await openRaw(
      gateway.port,
      `${[...head, rest].join('\r\n')}GET /b HTTP/1.1\r\nHost: a\r\n\r\n`,
    );
    await connection.until(/reached[^]*reached/);
    expect(arrivals.map(({ url, body }) => [url, body])).toEqual([
      ['/a', framing === 'X-Last: 1' ? '' : 'abc'],
      ['/b', ''],
    ]);
    expect(arrivals[0]!.headers).toMatchObject({
      host: 'a',
      authorization: 'Bearer issued-token',
      group: 'admin',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-real-ip': '127.0.0.1',
    });
    expect(arrivals[0]!.headers['x-request-id']).toMatch(/^[\da-f-]{36}$/);
    connection.socket.destroy();
    await gateway.close();
    await server.close();
  });
});
