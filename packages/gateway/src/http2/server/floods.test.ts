import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startServer, type TestServer } from '../../../../testkit/src/http-server.ts';
import {
  errorCode,
  frameFlags,
  toFrame,
  frameTypes,
  literals,
  preface,
  settingsFrame,
} from '../../../../testkit/src/http2-frames.ts';
import {
  headersFrame,
  openRawHttp2,
  requestFields,
  type RawHttp2,
} from '../../../../testkit/src/raw-http2.ts';
import { startEntryPoint, type TestEntryPoint } from '../../entrypoints/entry-point.testkit.ts';

const enhanceYourCalm = 11;

describe('a connection that floods', () => {
  let upstream: TestServer;
  let gateway: TestEntryPoint;
  beforeAll(async () => {
    upstream = await startServer((request, response) => {
      if (request.url !== '/never') response.end('hello');
    });
    gateway = await startEntryPoint({ servers: [upstream.url] });
  });
  afterAll(async () => {
    await gateway.close();
    await upstream.close();
  });

  const goaway = async (connection: RawHttp2): Promise<number | undefined> => {
    const frames = await connection.closed();
    const last = frames.findLast(({ type }) => type === frameTypes.goaway);
    return last && errorCode(last);
  };
  const reset = (stream: number): Buffer => toFrame(frameTypes.reset, 0, stream, Buffer.from([0, 0, 0, 8]));

  test('with requests that it resets is closed after a hundred more than were answered', async () => {
    const connection = await openRawHttp2(gateway.port);
    const before = gateway.records.length;
    for (let stream = 1; stream < 2 * 1000; stream += 2)
      connection.send(headersFrame(stream, requestFields({ ':path': '/never' })), reset(stream));
    expect(await goaway(connection)).toBe(enhanceYourCalm);
    expect(gateway.records.length - before).toBeLessThanOrEqual(250);
    expect(gateway.leases()).toBe(0);
  });

  test('that resets one request of two is not closed', async () => {
    const connection = await openRawHttp2(gateway.port);
    for (let stream = 1; stream < 4 * 150; stream += 4) {
      connection.send(headersFrame(stream, requestFields({ ':path': '/never' })), reset(stream));
      connection.send(headersFrame(stream + 2, requestFields()));
      await connection.until((one) => one.type === frameTypes.data && one.stream === stream + 2);
    }
    expect(connection.frames.filter(({ type }) => type === frameTypes.goaway)).toEqual([]);
    connection.socket.destroy();
  });

  test.each([
    ['PING', toFrame(frameTypes.ping, 0, 0, Buffer.alloc(8)), 3000],
    ['SETTINGS', settingsFrame({ 3: 100 }), 3000],
    ['empty DATA', toFrame(frameTypes.data, 0, 1), 3000],
    ['CONTINUATION without an end', toFrame(frameTypes.continuation, 0, 1, Buffer.alloc(0)), 3000],
    ['RST_STREAM for a stream that never was', reset(101), 10],
  ])('with %s is closed', async (name, part, most) => {
    const connection = await openRawHttp2(gateway.port);
    if (name === 'empty DATA')
      connection.send(headersFrame(1, requestFields({ ':method': 'POST', ':path': '/never' }), false));
    if (name.startsWith('CONTINUATION'))
      connection.send(toFrame(frameTypes.headers, frameFlags.endStream, 1, literals(requestFields())));
    await connection.flood(part, most);
    await connection.closed();
    expect(gateway.leases()).toBe(0);
  });

  test('with WINDOW_UPDATE is closed once its frames outweigh what its requests need', async () => {
    const connection = await openRawHttp2(gateway.port);
    const update = toFrame(frameTypes.windowUpdate, 0, 0, Buffer.from([0, 0, 0, 1]));
    await connection.flood(Buffer.concat(new Array<Buffer>(1000).fill(update)), 1000);
    expect(await goaway(connection)).toBe(enhanceYourCalm);
  });

  test('with PRIORITY is closed once its frames outweigh what its requests need', async () => {
    const connection = await openRawHttp2(gateway.port);
    const priority = toFrame(frameTypes.priority, 0, 3, Buffer.from([0, 0, 0, 0, 1]));
    await connection.flood(Buffer.concat(new Array<Buffer>(1000).fill(priority)), 1000);
    expect(await goaway(connection)).toBe(enhanceYourCalm);
  });

  test('with streams beyond the limit is closed', async () => {
    const connection = await openRawHttp2(gateway.port);
    for (let stream = 1; stream < 2 * 1000; stream += 2)
      connection.send(headersFrame(stream, requestFields({ ':path': '/never' })));
    await connection.closed();
    expect(gateway.leases()).toBe(0);
  });

  test('with fields that refer to a large one repeatedly gets no further than the limit', async () => {
    const connection = await openRawHttp2(gateway.port);
    const before = gateway.records.length;
    // A literal with incremental indexing, then references to it (RFC 7541 section 6.1): each stands for 4000 bytes.
    const large = Buffer.concat([
      Buffer.from([0x40, 1]),
      Buffer.from('x'),
      Buffer.from([127, 0xa1, 0x1e]),
      Buffer.alloc(4000, 'a'),
    ]);
    const bomb = Buffer.concat([literals(requestFields()), large, Buffer.alloc(10_000, 0xbe)]);
    connection.send(toFrame(frameTypes.headers, frameFlags.endStream | frameFlags.endHeaders, 1, bomb));
    const end = await connection.until(({ type, stream }) => type === frameTypes.reset && stream === 1);
    expect(errorCode(end)).toBe(enhanceYourCalm);
    expect(gateway.records.length).toBe(before);
    connection.send(headersFrame(3, requestFields()));
    await connection.until(({ type, stream }) => type === frameTypes.data && stream === 3);
    connection.socket.destroy();
  });

  test('with heads beyond the limit is closed', async () => {
    const connection = await openRawHttp2(gateway.port);
    const fields = Array.from({ length: 700 }, (_, index) => [`x-${index}`, 'y'] as const);
    for (let stream = 1; stream < 2 * 500; stream += 2)
      connection.send(headersFrame(stream, requestFields({}, ...fields)));
    expect(await goaway(connection)).toBe(enhanceYourCalm);
  });

  test('that sends no SETTINGS is closed in the time for a head', async () => {
    const own = await startEntryPoint({ servers: [upstream.url], transport: { headerTimeoutMs: 50 } });
    const connection = await openRawHttp2(own.port, preface);
    expect(await goaway(connection)).toBe(0);
    await own.close();
  });
});
