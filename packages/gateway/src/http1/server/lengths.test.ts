import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../../../testkit/src/until.ts';
import { startServer, type TestServer } from '../../../../testkit/src/http-server.ts';
import { startEntryPoint, type TestEntryPoint } from '../../entrypoints/entry-point.testkit.ts';
import { openRaw } from '../../../../testkit/src/raw-connection.ts';

interface RequestLength {
  readonly length: string | undefined;
  readonly coding: string | undefined;
  body: string;
}

const arrivals: RequestLength[] = [];
let server: TestServer;
let gateway: TestEntryPoint;
beforeAll(async () => {
  server = await startServer((request, response) => {
    const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
    const arrival: RequestLength = { length, coding, body: '' };
    arrivals.push(arrival);
    request.on('data', (part: Buffer) => (arrival.body += part.toString('latin1')));
    request.on('end', () => response.end('reached'));
    request.on('error', () => {});
  });
  gateway = await startEntryPoint({ servers: [server.url] });
});
afterAll(async () => {
  await gateway.close();
  await server.close();
});

const post = (...lines: readonly string[]): string =>
  ['POST / HTTP/1.1', 'Host: a', ...lines, '\r\nabc'].join('\r\n');
const chunked = (size: string): string =>
  `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n${size}\r\nabc`;
const next = 'GET /next HTTP/1.1\r\nHost: a\r\n\r\n';

const beyond = [2n ** 53n, 2n ** 53n + 1n, 2n ** 60n, 2n ** 63n, 2n ** 64n - 1n, 2n ** 64n, 10n ** 30n].map(
  String,
);

describe('a Content-Length', () => {
  it.each(beyond.flatMap((length) => [length, `000${length}`, `${'0'.repeat(5000)}${length}`]))(
    'of %s is refused, not rounded',
    async (length) => {
      const before = arrivals.length;
      for (const more of [[], ['Expect: 100-continue'], ['Connection: Upgrade', 'Upgrade: websocket']]) {
        const connection = await openRaw(gateway.port, post(...more, `Content-Length: ${length}`));
        expect(await connection.closed()).toMatch(/^HTTP\/1\.1 400 /);
        connection.socket.destroy();
      }
      expect(arrivals.length).toBe(before);
    },
  );

  it.each(['999999999999999', '1000000000000000', '9007199254740990', '9007199254740991'])(
    'of %s reaches the server unchanged',
    async (length) => {
      const before = arrivals.length;
      const connection = await openRaw(gateway.port, post(`Content-Length: ${length}`));
      await until(() => arrivals[before]?.body === 'abc');
      expect(arrivals[before]).toMatchObject({ length, coding: undefined });
      connection.socket.destroy();
    },
  );

  it.each([1, 12, 13, 100, 5000])('of 3 after %i zeros frames the body', async (zeros) => {
    const before = arrivals.length;
    const connection = await openRaw(gateway.port, post(`Content-Length: ${'0'.repeat(zeros)}3`) + next);
    await connection.until(/reached[^]*reached/);
    expect(arrivals.slice(before).map(({ length, body }) => [length, body])).toEqual([
      ['3', 'abc'],
      [undefined, ''],
    ]);
    connection.socket.destroy();
  });
});

describe('the size of a chunk', () => {
  it.each([0, 1, 15, 16, 1000, 20_000])('of 3 after %i zeros frames the chunk', async (zeros) => {
    const before = arrivals.length;
    const connection = await openRaw(gateway.port, `${chunked(`${'0'.repeat(zeros)}3`)}\r\n0\r\n\r\n${next}`);
    await connection.until(/reached[^]*reached/);
    expect(arrivals.slice(before).map(({ body }) => body)).toEqual(['abc', '']);
    connection.socket.destroy();
  });

  it.each(['20000000000000', '20000000000001', 'ffffffffffffffff'])(
    'of %s is not forwarded: each part reaches the server as a chunk of its own size',
    async (size) => {
      const before = arrivals.length;
      const connection = await openRaw(gateway.port, chunked(size));
      await until(() => arrivals[before]?.body === 'abc');
      expect(arrivals[before]).toMatchObject({ length: undefined, coding: 'chunked' });
      connection.socket.destroy();
    },
  );

  it.each(['10000000000000000', `1${'0'.repeat(40)}`, 'f'.repeat(17)])('of %s is refused', async (size) => {
    const connection = await openRaw(gateway.port, chunked(size));
    expect(await connection.closed()).toMatch(/^HTTP\/1\.1 400 /);
    connection.socket.destroy();
  });
});
