import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '../../../../testkit/src/until.ts';
import { startServer, type TestServer } from '../../../../testkit/src/http-server.ts';
import { startEntryPoint, type TestEntryPoint } from '../../entrypoints/entry-point.testkit.ts';
import { openRaw } from '../../../../testkit/src/raw-connection.ts';

describe('a request that two readers could understand differently', () => {
  const arrived: string[] = [];
  let upstream: TestServer;
  let gateway: TestEntryPoint;
  beforeAll(async () => {
    upstream = await startServer((request, response) => {
      arrived.push(`${request.method} ${request.url}`);
      request.resume();
      request.on('end', () => response.end('reached'));
    });
    gateway = await startEntryPoint({ servers: [upstream.url] });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const next = 'GET /smuggled HTTP/1.1\r\nHost: a.example\r\n\r\n';
  const get = (headers: string, target = '/', version = '1.1'): string =>
    `GET ${target} HTTP/${version}\r\n${headers}\r\n${next}`;
  const post = (headers: string, body: string): string =>
    `POST / HTTP/1.1\r\nHost: a.example\r\n${headers}\r\n${body}`;

  test.each([
    [
      'Content-Length beside Transfer-Encoding',
      post('Content-Length: 4\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${next}`),
    ],
    [
      'Transfer-Encoding before Content-Length',
      post('Transfer-Encoding: chunked\r\nContent-Length: 4\r\n', `0\r\n\r\n${next}`),
    ],
    ['two different Content-Lengths', post('Content-Length: 4\r\nContent-Length: 5\r\n', `abcd${next}`)],
    ['the same Content-Length twice', post('Content-Length: 4\r\nContent-Length: 4\r\n', `abcd${next}`)],
    ['a list as Content-Length', post('Content-Length: 4, 4\r\n', `abcd${next}`)],
    ['a signed Content-Length', post('Content-Length: +4\r\n', `abcd${next}`)],
    ['a hexadecimal Content-Length', post('Content-Length: 0x4\r\n', `abcd${next}`)],
    ['a negative Content-Length', post('Content-Length: -4\r\n', `abcd${next}`)],
    ['an empty Content-Length', post('Content-Length: \r\n', `abcd${next}`)],
    ['an endless Content-Length', post(`Content-Length: ${'9'.repeat(40)}\r\n`, `abcd${next}`)],
    ['a coding that is not chunked', post('Transfer-Encoding: gzip\r\n', `0\r\n\r\n${next}`)],
    ['a coding below chunked', post('Transfer-Encoding: gzip, chunked\r\n', `0\r\n\r\n${next}`)],
    ['chunked that is not last', post('Transfer-Encoding: chunked, identity\r\n', `0\r\n\r\n${next}`)],
    [
      'chunked twice',
      post('Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n', `0\r\n\r\n${next}`),
    ],
    ['a misspelt chunked', post('Transfer-Encoding: xchunked\r\n', `0\r\n\r\n${next}`)],
    ['chunked in quotes', post('Transfer-Encoding: "chunked"\r\n', `0\r\n\r\n${next}`)],
    [
      'a space before the colon of Transfer-Encoding',
      post('Transfer-Encoding : chunked\r\n', `0\r\n\r\n${next}`),
    ],
    [
      'chunked in HTTP/1.0',
      `POST / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${next}`,
    ],
    ['a folded line', get('Host: a.example\r\nX-A: b\r\n c: d\r\n')],
    ['a bare LF after the request line', `GET / HTTP/1.1\nHost: a.example\r\n\r\n${next}`],
    ['a bare LF after a header', `GET / HTTP/1.1\r\nHost: a.example\nX-A: b\r\n\r\n${next}`],
    ['a bare CR in a value', get('Host: a.example\r\nX-A: b\rX-C: d\r\n')],
    ['NUL in a value', get('Host: a.example\r\nX-A: b\0c\r\n')],
    ['NUL in a name', get('Host: a.example\r\nX\0A: b\r\n')],
    ['NUL in the target', get('Host: a.example\r\n', '/a\0b')],
    ['a header without a colon', get('Host: a.example\r\nTransfer-Encoding\r\n')],
    ['a header without a name', get('Host: a.example\r\n: b\r\n')],
    ['two Hosts', get('Host: a.example\r\nHost: b.example\r\n')],
    ['the same Host twice', get('Host: a.example\r\nhost: a.example\r\n')],
    ['no Host', get('')],
    ['a list as Host', get('Host: a.example, b.example\r\n')],
    ['a Host with a path', get('Host: a.example/x\r\n')],
    ['a Host with user information', get('Host: a@b.example\r\n')],
    ['a Host with a space', get('Host: a b\r\n')],
    ['a Host with two ports', get('Host: a.example:80:81\r\n')],
    ['an authority as target of GET', get('Host: a.example\r\n', 'a.example:80')],
    ['a relative target', get('Host: a.example\r\n', 'admin')],
    ['an asterisk as target of GET', get('Host: a.example\r\n', '*')],
    ['a target of another scheme', get('Host: a.example\r\n', 'ftp://a.example/')],
    ['user information in the target', get('Host: a.example\r\n', 'http://b@a.example/')],
    ['a fragment in the target', get('Host: a.example\r\n', '/a#b')],
    ['a backslash as authority', get('Host: a.example\r\n', 'http:\\\\a.example\\')],
    ['a space in the target', get('Host: a.example\r\n', '/a b')],
    ['HTTP/2.0 as version', get('Host: a.example\r\n', '/', '2.0')],
    ['HTTP/0.9 as version', get('Host: a.example\r\n', '/', '0.9')],
    ['HTTP/1.2 as version', get('Host: a.example\r\n', '/', '1.2')],
    ['no version', `GET /\r\n\r\n${next}`],
    ['an unknown method', `FOO / HTTP/1.1\r\nHost: a.example\r\n\r\n${next}`],
    ['a method in lower case', `get / HTTP/1.1\r\nHost: a.example\r\n\r\n${next}`],
    ['a preface of HTTP/2 that is not complete', `PRI * HTTP/2.0\r\n\r\n${next}`],
    ['a TLS handshake on a plain port', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['CONNECT', `CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n${next}`],
    ['TRACE', `TRACE / HTTP/1.1\r\nHost: a.example\r\n\r\n${next}`],
    [
      'a WebSocket handshake with a body',
      `GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: ${next.length}\r\n\r\n${next}`,
    ],
    [
      'a WebSocket handshake with a chunked body',
      `GET / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${next}`,
    ],
    [
      'a WebSocket handshake by POST',
      `POST / HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${next}`,
    ],
  ])('%s is refused, never forwarded, and closes the connection', async (_, text) => {
    arrived.length = 0;
    const connection = await openRaw(gateway.port, text);
    const answer = await connection.closed();
    expect(answer).toMatch(/^HTTP\/1\.1 (?:4\d\d|501) /);
    expect(answer.match(/HTTP\/1\.1 /g)).toHaveLength(1);
    expect(arrived).toEqual([]);
    connection.socket.destroy();
  });

  test.each([
    ['a chunk size that is not a number', 'x\r\nabcd\r\n0\r\n\r\n'],
    ['a signed chunk size', '+4\r\nabcd\r\n0\r\n\r\n'],
    ['a chunk size with 0x', '0x4\r\nabcd\r\n0\r\n\r\n'],
    ['a chunk size beyond 64 bits', `${'f'.repeat(20)}\r\nabcd\r\n0\r\n\r\n`],
    ['a bare LF after a chunk size', '4\nabcd\r\n0\r\n\r\n'],
    ['a chunk longer than announced', '4\r\nabcdef\r\n0\r\n\r\n'],
    ['a bare LF after a chunk', '4\r\nabcd\n0\r\n\r\n'],
    ['a bare LF in a chunk extension', '4;a\nb\r\nabcd\r\n0\r\n\r\n'],
    ['a bare CR after a chunk size', '4\rXabcd\r\n0\r\n\r\n'],
    ['a space before a chunk size', ' 4\r\nabcd\r\n0\r\n\r\n'],
  ])('%s never makes a complete request for the server', async (_, body) => {
    arrived.length = 0;
    const connection = await openRaw(gateway.port, post('Transfer-Encoding: chunked\r\n', `${body}${next}`));
    const answer = await connection.closed();
    expect(answer).toMatch(/^(?:HTTP\/1\.1 4\d\d |$)/);
    expect(answer).not.toContain('reached');
    expect(arrived).not.toContain('GET /smuggled');
    connection.socket.destroy();
    // The server's half of it may end later.
    await until(() => gateway.leases() === 0);
  });

  test('an absolute target is accepted unchanged, and its authority replaces Host', async () => {
    arrived.length = 0;
    const connection = await openRaw(
      gateway.port,
      'GET http://real.example:81?q=1 HTTP/1.1\r\nHost: other.example\r\nConnection: close\r\n\r\n',
    );
    expect(await connection.closed()).toContain('reached');
    expect(arrived).toEqual(['GET /?q=1']);
    expect(gateway.records.at(-1)?.facts).toMatchObject({
      host: 'real.example',
      authority: 'real.example:81',
    });
  });
});
