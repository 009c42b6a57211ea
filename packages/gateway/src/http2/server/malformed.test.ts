import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../../../../testkit/src/http-server.ts';
import {
  errorCode,
  frameFlags,
  toFrame,
  frameTypes,
  literals,
} from '../../../../testkit/src/http2-frames.ts';
import {
  headersFrame,
  openRawHttp2,
  requestFields,
  type RawHttp2,
} from '../../../../testkit/src/raw-http2.ts';
import { startEntryPoint, type TestEntryPoint } from '../../entrypoints/entry-point.testkit.ts';
import type { IncomingHttpHeaders } from 'node:http';

type FieldList = readonly (readonly [string, string])[];

let upstream: TestServer;
let gateway: TestEntryPoint;
let reached: { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
beforeAll(async () => {
  upstream = await startServer((request, response) => {
    void request.toArray().then(
      (parts: Buffer[]) => {
        reached.push({ url: request.url ?? '', headers: request.headers, body: parts.join('') });
        response.end('hello');
      },
      () => {},
    );
  });
  gateway = await startEntryPoint({
    servers: [upstream.url],
    transport: { maxHeaderBytes: 2048, maxHeaderFields: 20, maxBodyBytes: 100 },
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});
beforeEach(() => (reached = []));

/** Sends a request with these fields; resolves with its status, or with the code of the end of its stream. */
async function send(fields: FieldList, body?: string | readonly Buffer[]): Promise<string> {
  const connection = await openRawHttp2(gateway.port);
  connection.send(headersFrame(1, fields, body === undefined));
  if (typeof body === 'string')
    connection.send(toFrame(frameTypes.data, frameFlags.endStream, 1, Buffer.from(body)));
  else if (body !== undefined) connection.send(...body);
  return outcomeOf(connection);
}

async function outcomeOf(connection: RawHttp2): Promise<string> {
  const first = await connection.until(
    ({ type, stream }) =>
      type === frameTypes.goaway ||
      (stream === 1 && (type === frameTypes.headers || type === frameTypes.reset)),
  );
  connection.socket.destroy();
  if (first.type !== frameTypes.headers) return `error ${errorCode(first)}`;
  // Statuses of the static table, or a literal that follows (RFC 7541 appendix A).
  const indexed: Readonly<Record<number, string>> = { 0x88: '200', 0x8c: '400', 0x8d: '404' };
  return indexed[first.payload[0] ?? 0] ?? decodeStatus(first.payload);
}

/** Digits as they are, or in the Huffman code (RFC 7541 appendix B): five bits for 0, 1 and 2, six for the others. */
function decodeStatus(payload: Buffer): string {
  const length = (payload[1] ?? 0) & 0x7f;
  if (payload[1] === length) return payload.toString('latin1', 2, 2 + length);
  let bits = '';
  for (const byte of payload.subarray(2, 2 + length)) bits += byte.toString(2).padStart(8, '0');
  const codes = [
    '00000',
    '00001',
    '00010',
    '011001',
    '011010',
    '011011',
    '011100',
    '011101',
    '011110',
    '011111',
  ];
  let status = '';
  while (status.length < 3) {
    const digit = codes.findIndex((code) => bits.startsWith(code));
    if (digit < 0) return `unknown ${payload.toString('hex')}`;
    status += String(digit);
    bits = bits.slice(codes[digit]?.length);
  }
  return status;
}

const protocolError = 'error 1';
/** The status of a request that RFC 9113 section 8.1.1 calls malformed. */
const malformed = '400';

// A proxy that asks for authorization takes 200 for permission, and sends the caller's content type along.
test.each(['application/grpc', 'application/grpc-web+proto'])(
  'a malformed request is refused by its HTTP status, also with the content type %s',
  async (type) => {
    const more = [
      ['host', 'other.example'],
      ['content-type', type],
    ] as const;
    expect(await send(requestFields({}, ...more))).toBe('400');
    expect(
      await send([
        [':method', 'CONNECT'],
        [':authority', 'api.example:443'],
        ['content-type', type],
      ]),
    ).toBe('501');
  },
);

describe('a request with HTTP/2 that HTTP/1.1 could not carry unchanged', () => {
  test.each<[string, FieldList, string]>([
    ['no method', requestFields({ ':method': undefined }), malformed],
    ['no path', requestFields({ ':path': undefined }), malformed],
    ['an empty path', requestFields({ ':path': '' }), malformed],
    ['no scheme', requestFields({ ':scheme': undefined }), malformed],
    ['neither authority nor host', requestFields({ ':authority': undefined }), malformed],
    ['another host than its authority', requestFields({}, ['host', 'other.example']), '400'],
    ['a user in its authority', requestFields({ ':authority': 'u:p@api.example' }), '400'],
    ['two hosts', requestFields({ ':authority': undefined }, ['host', 'a'], ['host', 'b']), malformed],
    ['two paths', [...requestFields(), [':path', '/b']], malformed],
    ['a pseudo-header field after another field', [['a', 'b'], ...requestFields()], malformed],
    ['an unknown pseudo-header field', requestFields({ ':own': 'a' }), malformed],
    ['a status', requestFields({ ':status': '200' }), malformed],
    ['a path in absolute form', requestFields({ ':path': 'http://other.example/' }), malformed],
    ['a path without a slash', requestFields({ ':path': 'a' }), malformed],
    ['a fragment', requestFields({ ':path': '/a#b' }), '400'],
    ['a line break in the path', requestFields({ ':path': '/ HTTP/1.1\r\nx: y' }), malformed],
    ['a blank in the path', requestFields({ ':path': '/a b' }), malformed],
    ['a line break in the method', requestFields({ ':method': 'GET / HTTP/1.1\r\nx: y\r\n\r\n' }), malformed],
    ['a line break in the authority', requestFields({ ':authority': 'a\r\nx: y' }), malformed],
    ['another scheme', requestFields({ ':scheme': 'ftp' }), '400'],
    ['Connection', requestFields({}, ['connection', 'x-secret']), malformed],
    ['Keep-Alive', requestFields({}, ['keep-alive', 'timeout=1']), malformed],
    ['Proxy-Connection', requestFields({}, ['proxy-connection', 'close']), malformed],
    ['Transfer-Encoding', requestFields({}, ['transfer-encoding', 'chunked']), malformed],
    ['Upgrade', requestFields({}, ['upgrade', 'websocket']), malformed],
    ['TE other than trailers', requestFields({}, ['te', 'gzip']), malformed],
    ['a name in upper case', requestFields({}, ['X-Own', 'a']), malformed],
    ['Content-Length twice', requestFields({}, ['content-length', '0'], ['content-length', '0']), malformed],
    ['an encoded slash in the path', requestFields({ ':path': '/a%2Fb' }), '400'],
    ['dot segments with parameters', requestFields({ ':path': '/a/..;/b' }), '400'],
    ['CONNECT', requestFields({ ':method': 'CONNECT', ':path': undefined, ':scheme': undefined }), '501'],
    ['TRACE', requestFields({ ':method': 'TRACE' }), '501'],
    ['more than the limit of bytes', requestFields({}, ['x', 'y'.repeat(2048)]), '431'],
    [
      'more than the limit of fields',
      requestFields({}, ...new Array<FieldList[0]>(20).fill(['x', 'y'])),
      '431',
    ],
  ])('is refused: %s', async (_, fields, expected) => {
    expect(await send(fields)).toBe(expected);
    expect(reached).toEqual([]);
  });

  test.each<[string, readonly [string, string]]>([
    ['a line break in a value', ['x-own', 'a\r\nx-forged: b']],
    ['a bare LF in a value', ['x-own', 'a\nx-forged: b']],
    ['a null character in a value', ['x-own', 'a\0b']],
    ['a line break in a name', ['x-own\r\nx-forged', 'b']],
    ['a colon in a name', ['x-forged: a', 'b']],
    ['a blank in a name', ['x-forged a', 'b']],
    ['Transfer-Encoding behind a line break', ['x-own', 'a\r\ntransfer-encoding: chunked']],
  ])('never reaches a server with %s', async (_, field) => {
    await send(requestFields({}, field));
    for (const { headers } of reached)
      expect(Object.keys(headers).filter((name) => /forged|own|transfer/.test(name))).toEqual([]);
    expect(reached.length).toBeLessThanOrEqual(1);
  });

  const data = (text: string, end: boolean): Buffer =>
    toFrame(frameTypes.data, end ? frameFlags.endStream : 0, 1, Buffer.from(text));
  const post = (...more: FieldList): FieldList => requestFields({ ':method': 'POST' }, ...more);

  test.each<[string, FieldList, readonly Buffer[]]>([
    ['more DATA than Content-Length', post(['content-length', '3']), [data('abcdef', true)]],
    ['less DATA than Content-Length', post(['content-length', '9']), [data('abc', true)]],
    ['a signed Content-Length', post(['content-length', '+3']), [data('abc', true)]],
  ])('is never taken for a complete one: %s', async (_, fields, body) => {
    expect(await send(fields, body)).toMatch(/^error|^4/);
    expect(reached).toEqual([]);
  });

  test('keeps a body that looks like a request in its own body', async () => {
    const smuggled = '0\r\n\r\nGET /admin HTTP/1.1\r\nHost: a\r\n\r\n';
    expect(await send(post(), smuggled)).toBe('200');
    expect(reached).toMatchObject([{ url: '/', body: smuggled }]);
  });

  test('is refused with a body beyond the limit, announced or not', async () => {
    expect(await send(post(['content-length', '200']), 'a'.repeat(200))).toBe('413');
    expect(await send(post(), 'a'.repeat(200))).toBe('413');
    expect(reached).toEqual([]);
  });

  test('is told why before its stream ends with an error', async () => {
    const connection = await openRawHttp2(gateway.port);
    connection.send(headersFrame(1, requestFields({ ':path': 'a' })));
    const end = await connection.until(({ type, stream }) => type === frameTypes.reset && stream === 1);
    expect(errorCode(end)).toBe(1);
    expect(connection.frames.some(({ type, stream }) => type === frameTypes.headers && stream === 1)).toBe(
      true,
    );
    connection.socket.destroy();
  });

  test('is refused when its pseudo-header fields come in trailers', async () => {
    const connection = await openRawHttp2(gateway.port);
    const trailers = toFrame(
      frameTypes.headers,
      frameFlags.endHeaders | frameFlags.endStream,
      1,
      literals([[':path', '/admin']]),
    );
    connection.send(headersFrame(1, post(), false), data('abc', false), trailers);
    expect(await outcomeOf(connection)).toBe(protocolError);
    expect(reached).toEqual([]);
  });
});
