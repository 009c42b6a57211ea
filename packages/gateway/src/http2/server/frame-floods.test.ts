import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { openHttp2 } from '../../../../testkit/src/http2-client.ts';
import {
  errorCode,
  frameFlags,
  frameTypes,
  literals,
  settingsFrame,
  toFrame,
} from '../../../../testkit/src/http2-frames.ts';
import { startServer, type TestServer } from '../../../../testkit/src/http-server.ts';
import {
  headersFrame,
  openRawHttp2,
  requestFields,
  type RawHttp2,
} from '../../../../testkit/src/raw-http2.ts';
import { until } from '../../../../testkit/src/until.ts';
import { startEntryPoint, type TestEntryPoint } from '../../entrypoints/entry-point.testkit.ts';

let upstream: TestServer;
let gateway: TestEntryPoint;
let served = 0;
beforeAll(async () => {
  upstream = await startServer((request, response) => {
    served += 1;
    request.resume();
    if (request.url !== '/never') response.end('hello');
  });
  gateway = await startEntryPoint({
    servers: [upstream.url],
    match: ({ path }) => path !== '/unknown',
    transport: { maxBodyBytes: 1024 * 1024 },
  });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

let opened: RawHttp2[] = [];
afterEach(() => {
  for (const { socket } of opened) socket.destroy();
  opened = [];
});
async function open(): Promise<RawHttp2> {
  const connection = await openRawHttp2(gateway.port);
  opened.push(connection);
  return connection;
}

/** Waits until nothing is left of a flood. */
const isOver = (): Promise<unknown> =>
  until(() => gateway.leases() === 0 && gateway.entryPoint.connections() === 0);

const post = (path = '/never'): readonly (readonly [string, string])[] =>
  requestFields({ ':method': 'POST', ':path': path });
const reset = (stream: number): Buffer => toFrame(frameTypes.reset, 0, stream, Buffer.from([0, 0, 0, 8]));

describe('a connection on which frames carry nothing', () => {
  const padding = Buffer.concat([Buffer.from([255]), Buffer.alloc(255)]);
  const thousand = (frame: Buffer): Buffer => Buffer.concat(new Array<Buffer>(1000).fill(frame));

  test.each<[string, Buffer, Buffer, number]>([
    [
      'DATA with padding alone',
      headersFrame(1, post(), false),
      thousand(toFrame(frameTypes.data, frameFlags.padded, 1, padding)),
      200,
    ],
    ['frames of an unknown type', Buffer.alloc(0), thousand(toFrame(0xee, 0, 0, Buffer.alloc(64))), 500],
    ['empty frames of an unknown type', Buffer.alloc(0), thousand(toFrame(0xee, 0, 0)), 3000],
    [
      'SETTINGS that change the size of the header table each time',
      Buffer.alloc(0),
      thousand(Buffer.concat([settingsFrame({ 1: 0 }), settingsFrame({ 1: 65_536 })])),
      100,
    ],
    ['SETTINGS without a setting', Buffer.alloc(0), thousand(settingsFrame()), 100],
    [
      'CONTINUATION of one byte each',
      toFrame(frameTypes.headers, frameFlags.endStream, 1, literals(requestFields())),
      thousand(toFrame(frameTypes.continuation, 0, 1, literals([['a', '']]))),
      1000,
    ],
    [
      'empty CONTINUATION after empty HEADERS',
      toFrame(frameTypes.headers, frameFlags.endStream, 1),
      thousand(toFrame(frameTypes.continuation, 0, 1)),
      3000,
    ],
    [
      'WINDOW_UPDATE of a stream',
      headersFrame(1, post(), false),
      thousand(toFrame(frameTypes.windowUpdate, 0, 1, Buffer.from([0, 0, 0, 1]))),
      2000,
    ],
    [
      'PRIORITY of another stream each time',
      Buffer.alloc(0),
      Buffer.concat(
        Array.from({ length: 1000 }, (_, index) => {
          const payload = Buffer.alloc(5);
          payload.writeUInt32BE(2 * index + 1);
          return toFrame(frameTypes.priority, 0, 2 * index + 3, payload);
        }),
      ),
      2000,
    ],
    [
      'acknowledgements of PING',
      Buffer.alloc(0),
      thousand(toFrame(frameTypes.ping, 1, 0, Buffer.alloc(8))),
      3000,
    ],
    ['acknowledgements of SETTINGS', Buffer.alloc(0), thousand(toFrame(frameTypes.settings, 1, 0)), 3000],
  ])('is closed: %s', async (_, first, part, most) => {
    const connection = await open();
    connection.send(first);
    await connection.flood(part, most);
    await connection.closed();
    await isOver();
    expect(gateway.defects).toEqual([]);
  });

  test('is closed although the caller reads nothing of what it makes the gateway send', async () => {
    const connection = await open();
    connection.socket.pause();
    const ping = toFrame(frameTypes.ping, 0, 0, Buffer.alloc(8));
    await connection.flood(thousand(ping), 3000);
    connection.socket.destroy();
    await isOver();
    expect(connection.frames.length).toBeLessThan(10_000);
  });
});

describe('a connection on which requests are reset', () => {
  test('leaves nothing behind when each was refused at once', async () => {
    const connection = await open();
    const before = gateway.records.length;
    const pairs = Array.from({ length: 2000 }, (_, index) => [
      headersFrame(2 * index + 1, requestFields({ ':path': '/unknown' })),
      reset(2 * index + 1),
    ]);
    connection.send(...pairs.flat());
    // Refusals cost little: those that were sent before the reset came are responses.
    await connection.untilEnd(({ type, stream }) => type === frameTypes.goaway || stream === 3999);
    connection.socket.destroy();
    await isOver();
    expect(gateway.records.length - before).toBeLessThanOrEqual(2000);
  });

  test('is not closed when the caller took each refusal first', async () => {
    const connection = await open();
    for (let stream = 1; stream < 2 * 300; stream += 2) {
      connection.send(headersFrame(stream, requestFields({ ':path': '/unknown' }), false));
      await connection.until(({ type, stream: of }) => type === frameTypes.headers && of === stream);
      connection.send(reset(stream));
    }
    connection.send(headersFrame(601, requestFields()));
    await connection.until(({ type, stream }) => type === frameTypes.data && stream === 601);
    expect(connection.frames.filter(({ type }) => type === frameTypes.goaway)).toEqual([]);
    connection.socket.destroy();
  });

  test('is closed when malformed heads come without end', async () => {
    const connection = await open();
    for (let stream = 1; stream < 2 * 2000; stream += 2)
      connection.send(headersFrame(stream, [[':method', 'GET']]));
    await connection.closed();
    expect(gateway.leases()).toBe(0);
  });

  test('is closed when DATA comes on streams that are closed', async () => {
    const connection = await open();
    connection.send(headersFrame(1, post('/'), false), reset(1));
    await connection.flood(toFrame(frameTypes.data, 0, 1, Buffer.alloc(16_384)), 10_000);
    await connection.closed();
    await isOver();
    expect(gateway.leases()).toBe(0);
  });
});

describe('trailers', () => {
  test('beyond the limit of fields do not reach a server', async () => {
    const connection = await open();
    const fields = Array.from({ length: 5000 }, (_, index) => [`x-${index}`, 'y'] as const);
    const block = literals(fields);
    connection.send(headersFrame(1, post(), false), toFrame(frameTypes.data, 0, 1, Buffer.from('a')));
    connection.send(toFrame(frameTypes.headers, frameFlags.endStream, 1, block.subarray(0, 16_000)));
    for (let at = 16_000; at < block.length; at += 16_000)
      connection.send(
        toFrame(
          frameTypes.continuation,
          at + 16_000 < block.length ? 0 : frameFlags.endHeaders,
          1,
          block.subarray(at, at + 16_000),
        ),
      );
    const end = await connection.untilEnd(
      ({ type }) => type === frameTypes.headers || type === frameTypes.reset || type === frameTypes.goaway,
    );
    expect(end?.type).not.toBe(frameTypes.data);
    connection.socket.destroy();
    await isOver();
  });

  test('that come twice end the stream', async () => {
    const connection = await open();
    const trailers = toFrame(
      frameTypes.headers,
      frameFlags.endHeaders | frameFlags.endStream,
      1,
      literals([['x-a', '1']]),
    );
    connection.send(headersFrame(1, post(), false), trailers, trailers);
    const end = await connection.untilEnd(
      ({ type }) => type === frameTypes.reset || type === frameTypes.goaway,
    );
    expect([1, 5]).toContain(end && errorCode(end));
    connection.socket.destroy();
    await isOver();
  });
});

describe('a connection error', () => {
  test.each<[string, Buffer]>([
    ['of a frame size', toFrame(frameTypes.priority, 0, 1, Buffer.alloc(4))],
    ['of padding', toFrame(frameTypes.data, frameFlags.padded, 1, Buffer.from([9]))],
    ['of a window', toFrame(frameTypes.windowUpdate, 0, 0, Buffer.alloc(4))],
    [
      'of HPACK',
      toFrame(frameTypes.headers, frameFlags.endHeaders | frameFlags.endStream, 3, Buffer.from([0x80])),
    ],
    ['of CONTINUATION', toFrame(frameTypes.continuation, frameFlags.endHeaders, 1, Buffer.alloc(0))],
  ])('%s ends requests in flight, and closes the connection', async (_, frame) => {
    const connection = await open();
    const before = served;
    connection.send(headersFrame(1, post(), false));
    await until(() => served > before);
    connection.send(frame);
    // After a malformed frame of one stream, the stream may end alone.
    const end = await connection.untilEnd(
      ({ type }) => type === frameTypes.goaway || type === frameTypes.reset,
    );
    if (end?.type !== frameTypes.reset) await connection.closed();
    expect(end === undefined ? undefined : errorCode(end)).not.toBe(0);
    connection.socket.destroy();
    await isOver();
  });
});

test('a caller may change the size of its header table between requests', async () => {
  const client = await openHttp2(gateway.origin);
  for (const size of [0, 65_536, 100, 4096, 0, 1, 4096]) {
    const acknowledged = once(client.session, 'localSettings');
    client.session.settings({ headerTableSize: size });
    await acknowledged;
    for (let count = 0; count < 5; count += 1)
      expect(await client.send({ 'x-a': `${size}-${count}` })).toMatchObject({ status: 200, body: 'hello' });
  }
  await client.close();
});
