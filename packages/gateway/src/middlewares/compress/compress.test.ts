import { once } from 'node:events';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import * as zlib from 'node:zlib';
import type { Transform } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDeferred } from '../../../../testkit/src/deferred.ts';
import { deny } from '../../entrypoints/entry-point.testkit.ts';
import { openRaw } from '../../../../testkit/src/raw-connection.ts';
import { compileMiddlewares, startGatewayWith, valuesOf } from '../middlewares.testkit.ts';
import { chooseEncoding } from './accept-encoding.ts';
import { encodings, findCoding, type Encoding } from './encoders.ts';

const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: () => Transform };
const decoders: Readonly<Record<Encoding, () => Transform>> = {
  gzip: createGunzip,
  br: createBrotliDecompress,
  zstd: () => createZstdDecompress!(),
};
/** Encodings that this Node.js supports. */
const served = encodings.filter((encoding) => findCoding(encoding) !== undefined);
const text = 'hello world '.repeat(200);
const any = { compress: {} };

async function decode(encoding: Encoding, body: Buffer): Promise<string> {
  const decoder = decoders[encoding]();
  decoder.end(body);
  return Buffer.concat(await (decoder as AsyncIterable<Buffer> & Transform).toArray()).toString('latin1');
}

/** The response of a gateway with `compress` in front of a server with that response. */
async function get(
  respond: (response: ServerResponse, request: IncomingMessage) => void,
  headers: Readonly<Record<string, string>>,
  { method = 'GET', options = {} }: { readonly method?: string; readonly options?: object } = {},
) {
  const { send } = await startGatewayWith(
    { a: { compress: options } },
    { respond: (incoming, response) => respond(response, incoming) },
  );
  const { status, headers: received, body } = await send('/', Object.entries(headers), method);
  const header = (name: string): string => valuesOf(received, name).join(' | ');
  return { status, header, body, encoding: header('content-encoding'), vary: header('vary') };
}

function endWith(response: ServerResponse, status: number, body?: string): void {
  response.statusCode = status;
  response.end(body);
}

describe('the encoding of a response', () => {
  const all = { encodings, defaultEncoding: undefined };
  it.each<[accept: string, encoding: string | undefined]>([
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, br, zstd', 'gzip'],
    ['zstd, br', 'br'],
    ['br;q=0.5, gzip;q=0.4', 'br'],
    ['gzip;q=0.5, br', 'br'],
    ['gzip; q=0.8 , zstd ;q=0.9', 'zstd'],
    ['GZIP', 'gzip'],
    ['*', 'gzip'],
    ['gzip;q=0.1, *', 'gzip'],
    ['gzip;q=0, *', 'br'],
    ['br;q=1.0, *;q=0.5', 'br'],
    ['identity', undefined],
    ['identity, gzip', 'gzip'],
    ['identity;q=1, gzip;q=0.9', undefined],
    ['identity;q=1, *;q=0', undefined],
    ['*;q=0', undefined],
    ['gzip;q=0', undefined],
    ['gzip;q=x', undefined],
    ['deflate, compress', undefined],
    ['', undefined],
  ])('of a request that accepts "%s" is %s', (accept, encoding) => {
    expect(chooseEncoding(accept, all)).toBe(encoding);
  });

  it('follows the order of the configuration and its default', () => {
    const offer = { encodings: ['zstd', 'br'] as const, defaultEncoding: 'br' as const };
    expect(chooseEncoding('br, zstd, gzip', offer)).toBe('zstd');
    expect(chooseEncoding('*', offer)).toBe('br');
    expect(chooseEncoding('br;q=0, *', offer)).toBe('zstd');
  });
});

describe('compress', () => {
  it.each(served)('encodes a body in %s', async (accept) => {
    const { status, body, encoding, header, vary } = await get(
      (response) => {
        response.setHeader('ETag', '"a"');
        response.setHeader('Accept-Ranges', 'bytes');
        response.setHeader('Content-Length', text.length);
        response.end(text);
      },
      { 'Accept-Encoding': accept },
    );
    expect({ status, encoding, vary }).toEqual({ status: 200, encoding: accept, vary: 'Accept-Encoding' });
    expect(header('content-length') + header('accept-ranges')).toBe('');
    // As Traefik does.
    expect(header('etag')).toBe('"a"');
    expect(await decode(accept, Buffer.from(body, 'latin1'))).toBe(text);
  });

  it.each<[what: string, set: (response: ServerResponse) => void, vary?: string]>([
    ['is short', (response) => response.end('short')],
    ['is short and comes in chunks', (response) => (response.write('sho'), response.end('rt'))],
    ['is encoded already', (response) => response.setHeader('Content-Encoding', 'x-own').end(text)],
    ['is part of a range', (response) => endWith(response, 206, text)],
    ['has a range', (response) => response.setHeader('Content-Range', 'bytes 0-1/3').end(text)],
    [
      'may not be changed',
      (response) => response.setHeader('Cache-Control', 'public, no-transform').end(text),
    ],
    ['is gRPC', (response) => response.setHeader('Content-Type', 'application/grpc+proto').end(text)],
    ['has an invalid type', (response) => response.setHeader('Content-Type', 'text/').end(text)],
    ['has no content', (response) => endWith(response, 204)],
    ['was not modified', (response) => endWith(response, 304)],
    ['varies', (response) => response.setHeader('Vary', 'Origin').end('short'), 'Origin | Accept-Encoding'],
    ['varies by everything', (response) => response.setHeader('Vary', '*').end('short'), '*'],
  ])('does not change a response that %s', async (_what, set, vary = 'Accept-Encoding') => {
    const response = await get(set, { 'Accept-Encoding': 'gzip' });
    expect(response.encoding).toBe(response.encoding === 'x-own' ? 'x-own' : '');
    expect(response.vary).toBe(vary);
    expect([text, 'short', '']).toContain(response.body);
  });

  it.each<[what: string, headers: Readonly<Record<string, string>>, method: string]>([
    ['accepts nothing', {}, 'GET'],
    ['accepts what is not offered', { 'Accept-Encoding': 'deflate' }, 'GET'],
    ['asks for the head', { 'Accept-Encoding': 'gzip' }, 'HEAD'],
    ['brings gRPC', { 'Accept-Encoding': 'gzip', 'Content-Type': 'application/grpc' }, 'POST'],
  ])('changes nothing for a request that %s', async (_what, headers, method) => {
    const response = await get((out) => out.setHeader('Content-Length', text.length).end(text), headers, {
      method,
    });
    expect(response).toMatchObject({ encoding: '', vary: '', body: method === 'HEAD' ? '' : text });
    expect(response.header('content-length')).toBe(String(text.length));
  });

  it.each<[options: object, type: string, encoding: string]>([
    [{ includedContentTypes: ['text/plain'] }, 'text/plain; charset=utf-8', 'gzip'],
    [{ includedContentTypes: ['text/plain'] }, 'text/html', ''],
    [{ excludedContentTypes: ['Image/PNG; a=b'] }, 'image/png', ''],
    [{ excludedContentTypes: ['image/png'] }, 'IMAGE/PNG', ''],
    [{ excludedContentTypes: ['image/png'] }, 'text/plain', 'gzip'],
    [{ minResponseBodyBytes: 2400 }, 'text/plain', 'gzip'],
    [{ minResponseBodyBytes: 2401 }, 'text/plain', ''],
    [{ minResponseBodyBytes: 0 }, 'text/plain', 'gzip'],
  ])('with %j gives %s the encoding "%s"', async (options, type, encoding) => {
    const headers = { 'Accept-Encoding': 'gzip' };
    const whole = await get((out) => out.setHeader('Content-Type', type).end(text), headers, { options });
    expect(whole.encoding).toBe(encoding);
  });

  it('uses defaultEncoding for a request without Accept-Encoding', async () => {
    const options = { defaultEncoding: 'br' };
    expect(await get((response) => response.end(text), {}, { options })).toMatchObject({ encoding: 'br' });
  });

  it('follows the Accept-Encoding of the caller, even if a later middleware hides it from the server', async () => {
    const { send } = await startGatewayWith(
      { a: any, b: { headers: { customRequestHeaders: { 'Accept-Encoding': '' } } } },
      { respond: (_incoming, response) => response.end(text) },
    );
    const { headers, seen } = await send('/', [['Accept-Encoding', 'gzip']]);
    expect(valuesOf(headers, 'content-encoding')).toEqual(['gzip']);
    expect(valuesOf(seen?.headers, 'accept-encoding')).toEqual([]);
  });

  it('shows the response headers of inner middlewares to the compression, and its own to outer ones', async () => {
    const custom = (name: string, value: string) => ({
      headers: { customResponseHeaders: { [name]: value } },
    });
    const { send } = await startGatewayWith(
      { outer: custom('Content-Encoding', ''), a: any, inner: custom('Content-Type', 'text/x') },
      { respond: (_incoming, response) => response.end(text) },
    );
    const { headers, body } = await send('/', [['Accept-Encoding', 'gzip']]);
    expect(valuesOf(headers, 'content-type')).toEqual(['text/x']);
    expect(valuesOf(headers, 'content-encoding')).toEqual([]);
    expect(await decode('gzip', Buffer.from(body, 'latin1'))).toBe(text);
  });

  it('leaves the refusal of a later step readable, with Vary', async () => {
    const { send, gateway } = await startGatewayWith({ a: any }, { steps: [() => deny()] });
    const { status, headers, body } = await send('/', [['Accept-Encoding', 'gzip']]);
    expect(status).toBe(401);
    expect(valuesOf(headers, 'vary')).toEqual(['Accept-Encoding']);
    expect(JSON.parse(body)).toMatchObject({ code: 'credentials_missing' });
    expect(await gateway.recorded(1)).toMatchObject({ status: 401, downstreamBytes: body.length });
  });

  it('records the bytes of the server and those that the caller received', async () => {
    const { send, gateway } = await startGatewayWith(
      { a: any },
      { respond: (_incoming, response) => response.end(text) },
    );
    const { body } = await send('/', [['Accept-Encoding', 'gzip']]);
    const { originBytes, downstreamBytes } = await gateway.recorded(1);
    expect({ originBytes, downstreamBytes }).toEqual({
      originBytes: text.length,
      downstreamBytes: body.length,
    });
  });
});

/** A gateway with `compress`, and the response of its server, which the test writes. */
async function open(accept: Encoding, headers: Readonly<Record<string, string>>) {
  const arrived = createDeferred<ServerResponse>();
  const started = await startGatewayWith(
    { a: any },
    {
      respond(_incoming, response) {
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
        arrived.resolve(response);
      },
    },
  );
  const { port } = started.gateway;
  const sent = request({ port, host: '127.0.0.1', headers: { 'Accept-Encoding': accept } });
  sent.on('error', () => {}).end();
  return { ...started, sent, response: await arrived.promise };
}

describe('a response that is compressed on its way', () => {
  it.each(served)('is live in %s: each event arrives before the server sends the next', async (encoding) => {
    const { sent, response } = await open(encoding, { 'Content-Type': 'text/event-stream' });
    response.flushHeaders();
    const [received] = (await once(sent, 'response')) as [IncomingMessage];
    expect(received.headers['content-encoding']).toBe(encoding);
    const decoder = received.pipe(decoders[encoding]());
    for (const event of ['data: 1\n\n', 'data: 2\n\n', `data: ${'x'.repeat(5000)}\n\n`, 'data: 4\n\n']) {
      response.write(event);
      let text = '';
      while (text.length < event.length) text += String(((await once(decoder, 'data')) as [Buffer])[0]);
      expect(text).toBe(event);
    }
    response.end();
    await once(decoder, 'end');
  });

  it('does not wait for the smallest size when the server pauses before it', async () => {
    const { sent, response } = await open('gzip', { 'Content-Type': 'text/plain' });
    response.write('a little');
    const [received] = (await once(sent, 'response')) as [IncomingMessage];
    const decoder = received.pipe(createGunzip());
    expect(String(((await once(decoder, 'data')) as [Buffer])[0])).toBe('a little');
    response.end(', and the rest');
    expect(String(((await once(decoder, 'data')) as [Buffer])[0])).toBe(', and the rest');
  });

  it.each([
    ['with a length', { 'Content-Length': '5000' }],
    ['in chunks', {}],
  ])('%s stays recognisably truncated when the server aborts it', async (_how, headers) => {
    const { sent, response, gateway } = await open('gzip', headers);
    response.write('x'.repeat(4000));
    const [received] = (await once(sent, 'response')) as [IncomingMessage];
    received.resume();
    response.destroy();
    const [error] = (await once(received, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNRESET');
    expect(await gateway.recorded(1)).toMatchObject({
      status: 200,
      originFault: expect.any(String) as string,
    });
    expect(gateway.leases()).toBe(0);
  });

  it('is a refusal when the server aborts before anything was sent', async () => {
    const { send, gateway } = await startGatewayWith(
      { a: any },
      {
        respond: (_incoming, { socket }) =>
          socket?.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\nodd\r\n'),
      },
    );
    const { status, body } = await send('/', [['Accept-Encoding', 'gzip']]);
    expect(status).toBe(502);
    expect(JSON.parse(body)).toMatchObject({ code: 'upstream_reset' });
    expect(await gateway.recorded(1)).toMatchObject({
      status: 502,
      originStatus: 200,
      refusal: { code: 'upstream_reset' },
      downstreamBytes: body.length,
    });
  });

  it('is aborted at the server when the caller disconnects', async () => {
    const { sent, response, gateway } = await open('gzip', {});
    response.write('x'.repeat(4000));
    await once(sent, 'response');
    sent.destroy();
    if (!response.closed) await once(response, 'close');
    await gateway.recorded(1);
    expect(gateway.leases()).toBe(0);
  });

  it('keeps its trailers', async () => {
    const { sent, response } = await open('gzip', { Trailer: 'X-Sum' });
    response.write(text);
    response.addTrailers({ 'X-Sum': '7' });
    response.end();
    const [received] = (await once(sent, 'response')) as [IncomingMessage];
    received.resume();
    await once(received, 'end');
    expect(received.trailers).toEqual({ 'x-sum': '7' });
  });

  it('passes WebSocket unchanged', async () => {
    const { gateway } = await startGatewayWith(
      { a: any, b: { headers: { customResponseHeaders: { 'X-B': 'b' } } } },
      {
        prepare: (server) =>
          void server.on('upgrade', (_incoming, socket) =>
            socket.end(
              `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n${text}`,
            ),
          ),
      },
    );
    const connection = await openRaw(
      gateway.port,
      'GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    const received = await connection.closed();
    expect(received).toContain(`X-B: b\r\n\r\n${text}`);
    expect(received).not.toMatch(/vary|content-encoding/i);
  });
});

/** With pauses after some parts, in which data so far may be sent. */
async function writeInTurns(response: ServerResponse, parts: readonly Uint8Array[]): Promise<void> {
  for (const part of parts) {
    if (!response.write(part)) await once(response, 'drain');
    if (part.length % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  response.end();
}

it('restores every body in each encoding, in any chunks', async () => {
  let parts: readonly Uint8Array[] = [];
  const { gateway } = await startGatewayWith(
    { a: { compress: { minResponseBodyBytes: 64 } } },
    {
      respond: (_incoming, response) => void writeInTurns(response, parts),
    },
  );
  const part = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.nat(255), fc.integer({ min: 1, max: 100_000 }))
      .map(([byte, length]) => Buffer.alloc(length, byte)),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(part, { maxLength: 8 }),
      fc.constantFrom(...served),
      async (chunks, encoding) => {
        parts = chunks;
        const { port } = gateway;
        const sent = request({ port, host: '127.0.0.1', headers: { 'Accept-Encoding': encoding } }).end();
        const [received] = (await once(sent, 'response')) as [IncomingMessage];
        const body = Buffer.concat(await (received as AsyncIterable<Buffer> & IncomingMessage).toArray());
        const whole = Buffer.concat(chunks);
        const plain =
          received.headers['content-encoding'] === encoding
            ? Buffer.from(await decode(encoding, body), 'latin1')
            : body;
        expect(plain.equals(whole)).toBe(true);
        const isLong = whole.length >= 64;
        expect(isLong ? received.headers['content-encoding'] : encoding).toBe(encoding);
      },
    ),
    { numRuns: 100 },
  );
});

describe('the options of compress', () => {
  it.each<[options: object, problem: string]>([
    [
      { excludedContentTypes: ['a/b'], includedContentTypes: ['c/d'] },
      'expected either excludedContentTypes or includedContentTypes',
    ],
    [{ excludedContentTypes: ['text html'] }, 'expected a media type'],
    [{ encodings: ['deflate'] }, 'gzip'],
    [{ encodings: [] }, '>=1 items'],
    [{ encodings: ['gzip'], defaultEncoding: 'br' }, 'expected one of the values of encodings'],
    [{ minResponseBodyBytes: -1 }, '0'],
    [{ level: 9 }, 'level'],
  ])('%j are refused', (options, problem) => {
    const { steps, problems } = compileMiddlewares({ a: { compress: options } });
    expect(steps).toEqual([]);
    expect(problems.join('\n')).toContain(problem);
  });

  it.runIf(findCoding('zstd') === undefined)('warn of an encoding that this Node.js does not have', () => {
    const { steps, problems } = compileMiddlewares({ a: { compress: { encodings: ['zstd', 'br'] } } });
    expect(steps).toHaveLength(1);
    expect(problems).toEqual([expect.stringContaining('zstd is ignored') as string]);
    expect(compileMiddlewares({ a: { compress: {} } }).problems).toEqual([]);
  });
});
