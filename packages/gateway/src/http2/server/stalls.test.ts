import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { createFakeClock, type FakeClock } from '../../../../testkit/src/fake-clock.ts';
import {
  errorCode,
  frameFlags,
  frameTypes,
  literals,
  preface,
  settingsFrame,
  toFrame,
  type Http2Frame,
} from '../../../../testkit/src/http2-frames.ts';
import { startServer } from '../../../../testkit/src/http-server.ts';
import {
  headersFrame,
  openRawHttp2,
  requestFields,
  type RawHttp2,
} from '../../../../testkit/src/raw-http2.ts';
import { until } from '../../../../testkit/src/until.ts';
import {
  startEntryPoint,
  type TestEntryPoint,
  type TestEntryPointOptions,
} from '../../entrypoints/entry-point.testkit.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of cleanups.splice(0).reverse()) await close();
});

/** Bytes that the server was able to send in all, those in buffers of the system included. */
interface Pouring {
  readonly gateway: TestEntryPoint;
  readonly clock: FakeClock;
  readonly responses: readonly ServerResponse[];
  readonly poured: () => number;
}

/** A server whose responses have no end. */
async function start(options: TestEntryPointOptions = {}): Promise<Pouring> {
  const clock = createFakeClock();
  const responses: ServerResponse[] = [];
  const part = Buffer.alloc(64 * 1024, 'x');
  const upstream = await startServer((request, response) => {
    responses.push(response);
    if (request.url === '/never') return;
    const pump = (): void => {
      while (!response.destroyed && response.write(part));
    };
    response.on('drain', pump);
    pump();
  });
  cleanups.push(() => upstream.close());
  const gateway = await startEntryPoint({ servers: [upstream.url], clock, ...options });
  cleanups.push(() => gateway.close());
  const poured = (): number =>
    upstream.connections.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
  return { gateway, clock, responses, poured };
}

async function open(
  gateway: TestEntryPoint,
  settings: Readonly<Record<number, number>> = {},
): Promise<RawHttp2> {
  const connection = await openRawHttp2(gateway.port, Buffer.concat([preface, settingsFrame(settings)]));
  cleanups.push(() => void connection.socket.destroy());
  await connection.until(({ type, flags }) => type === frameTypes.settings && flags === frameFlags.ack);
  return connection;
}

/** Waits until no more is sent: two looks apart see the same. */
async function settled(read: () => number): Promise<number> {
  let before = -1;
  let same = 0;
  await until(async () => {
    const now = read();
    same = now === before && now > 0 ? same + 1 : 0;
    before = now;
    return same === 20;
  });
  return before;
}

const streamEnd =
  (stream: number) =>
  ({ type, stream: of }: Http2Frame): boolean =>
    type === frameTypes.goaway || (type === frameTypes.reset && of === stream);

/** Sockets of the system hold some of it: those of the server and of the gateway. */
const systemBytes = 8 * 1024 * 1024;

describe('a caller that does not take its response', () => {
  test('holds no more than a bounded part of it, and loses its stream after the time for writing', async () => {
    const { gateway, clock, poured } = await start({ transport: { writeTimeoutMs: 10_000 } });
    const connection = await open(gateway, { 4: 0 });
    connection.send(headersFrame(1, requestFields()));
    await connection.until(({ type }) => type === frameTypes.headers);
    expect(await settled(poured)).toBeLessThan(systemBytes);
    await clock.advance(30_000);
    await connection.untilEnd(streamEnd(1));
    await until(() => gateway.leases() === 0);
    expect(connection.frames.filter(({ type }) => type === frameTypes.data)).toEqual([]);
  });

  test('holds no more when it has many streams', async () => {
    const { gateway, clock, poured, responses } = await start({ transport: { writeTimeoutMs: 10_000 } });
    const connection = await open(gateway, { 4: 0 });
    for (let stream = 1; stream < 2 * 100; stream += 2)
      connection.send(headersFrame(stream, requestFields()));
    await until(() => responses.length === 100);
    const before = process.memoryUsage().arrayBuffers;
    await settled(poured);
    // 256 KiB of each response, and what is being read.
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100 * 1024 * 1024);
    await clock.advance(30_000);
    await until(() => gateway.leases() === 0);
  });

  test('loses its connection when it does not read at all', async () => {
    const { gateway, clock, poured } = await start({ transport: { writeTimeoutMs: 10_000 } });
    const connection = await open(gateway, { 4: 2 ** 31 - 1 });
    connection.send(toFrame(frameTypes.windowUpdate, 0, 0, Buffer.from([0x7f, 0, 0, 0])));
    connection.socket.pause();
    connection.send(headersFrame(1, requestFields()), headersFrame(3, requestFields()));
    // Socket buffers of the system grow up to some megabytes.
    expect(await settled(poured)).toBeLessThan(4 * systemBytes);
    await clock.advance(30_000);
    await until(() => gateway.leases() === 0 && gateway.entryPoint.connections() === 0);
    expect(gateway.records).toHaveLength(2);
  });

  test('gets the rest when it opens its window again in time', async () => {
    const { gateway, clock } = await start({ transport: { writeTimeoutMs: 10_000 } });
    const connection = await open(gateway, { 4: 0 });
    connection.send(headersFrame(1, requestFields()));
    await connection.until(({ type }) => type === frameTypes.headers);
    for (let round = 1; round <= 5; round += 1) {
      await clock.advance(6000);
      connection.send(toFrame(frameTypes.windowUpdate, 0, 1, Buffer.from([0, 0, 0, 100])));
      await until(
        () =>
          connection.frames
            .filter(({ type }) => type === frameTypes.data)
            .reduce((sum, { payload }) => sum + payload.length, 0) ===
          round * 100,
      );
    }
    expect(connection.frames.filter(streamEnd(1))).toEqual([]);
  });
});

describe('a caller that does not end what it begins', () => {
  test('loses requests without the end of their bodies after the time for reading', async () => {
    const { gateway, clock, responses } = await start({ transport: { readTimeoutMs: 10_000 } });
    const connection = await open(gateway);
    const fields = requestFields({ ':method': 'POST', ':path': '/never' });
    for (let stream = 1; stream < 2 * 200; stream += 2) connection.send(headersFrame(stream, fields, false));
    await until(() => responses.length === 200);
    await clock.advance(30_000);
    for (let stream = 1; stream < 2 * 200; stream += 2)
      await connection.untilEnd(({ type, stream: of }) => type === frameTypes.goaway || of === stream);
    await until(() => gateway.leases() === 0);
    expect(gateway.records).toHaveLength(200);
  });

  test('is refused streams beyond the limit, which cost no request', async () => {
    const { gateway, responses } = await start();
    const connection = await open(gateway);
    const fields = requestFields({ ':method': 'POST', ':path': '/never' });
    for (let stream = 1; stream < 2 * 300; stream += 2) connection.send(headersFrame(stream, fields, false));
    const refused = await connection.until(({ type }) => type === frameTypes.reset);
    expect([7, 1]).toContain(errorCode(refused));
    expect(refused.stream).toBe(501);
    expect(responses.length).toBeLessThanOrEqual(250);
    connection.socket.destroy();
    await until(() => gateway.leases() === 0);
  });

  test('loses its connection when a head does not end', async () => {
    const { gateway, clock } = await start({ transport: { idleTimeoutMs: 10_000, headerTimeoutMs: 10_000 } });
    const connection = await open(gateway);
    connection.send(toFrame(frameTypes.headers, frameFlags.endStream, 1, literals(requestFields())));
    await settledConnection(connection);
    await clock.advance(60_000);
    await connection.closed();
    expect(gateway.records).toEqual([]);
  });

  test('loses its connection when a frame does not end', async () => {
    const { gateway, clock } = await start({ transport: { idleTimeoutMs: 10_000, headerTimeoutMs: 10_000 } });
    const connection = await open(gateway);
    connection.send(headersFrame(1, requestFields()).subarray(0, 12));
    await settledConnection(connection);
    await clock.advance(60_000);
    await connection.closed();
    expect(gateway.entryPoint.connections()).toBe(0);
  });

  test('loses its requests with its connection', async () => {
    const { gateway, responses } = await start();
    const connection = await open(gateway);
    connection.send(headersFrame(1, requestFields({ ':path': '/never' })));
    await until(() => responses.length === 1);
    const closed = once(responses[0]!, 'close');
    connection.socket.resetAndDestroy();
    await closed;
    await until(() => gateway.leases() === 0 && gateway.entryPoint.connections() === 0);
    expect(gateway.records).toHaveLength(1);
  });
});

/** Lets the gateway read what has been sent. */
async function settledConnection({ socket }: RawHttp2): Promise<void> {
  await until(() => socket.writableLength === 0);
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
