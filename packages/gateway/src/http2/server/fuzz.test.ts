import { array, assert, asyncProperty, constantFrom, nat, oneof, record, uint8Array } from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  frameFlags,
  frameTypes,
  literals,
  settingsFrame,
  toFrame,
} from '../../../../testkit/src/http2-frames.ts';
import { startServer, type TestServer } from '../../../../testkit/src/http-server.ts';
import { headersFrame, openRawHttp2, requestFields } from '../../../../testkit/src/raw-http2.ts';
import { until } from '../../../../testkit/src/until.ts';
import { startEntryPoint, type TestEntryPoint } from '../../entrypoints/entry-point.testkit.ts';

let upstream: TestServer;
let gateway: TestEntryPoint;
beforeAll(async () => {
  upstream = await startServer((request, response) => {
    request.resume();
    response.end('hello');
  });
  gateway = await startEntryPoint({ servers: [upstream.url] });
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const stream = constantFrom(0, 1, 2, 3, 5, 7);
const valid = record({ stream, ends: constantFrom(true, false) }).chain(({ stream: id, ends }) =>
  constantFrom(
    headersFrame(id, requestFields({ ':method': ends ? 'GET' : 'POST' }), ends),
    toFrame(frameTypes.data, ends ? frameFlags.endStream : 0, id, Buffer.from('body')),
    toFrame(frameTypes.headers, 5, id, literals([['x-sum', '1']])),
    toFrame(frameTypes.reset, 0, id, Buffer.from([0, 0, 0, 8])),
    toFrame(frameTypes.windowUpdate, 0, id, Buffer.from([0, 0, 1, 0])),
    toFrame(frameTypes.windowUpdate, 0, id, Buffer.from([0x7f, 0xff, 0xff, 0xff])),
    settingsFrame({ 1: 0 }),
    settingsFrame({ 4: ends ? 0 : 100_000 }),
    settingsFrame({ 5: 16_384 }),
    toFrame(frameTypes.ping, ends ? 1 : 0, 0, Buffer.alloc(8)),
    toFrame(frameTypes.goaway, 0, 0, Buffer.alloc(8)),
  ),
);
const arbitrary = record({
  type: nat({ max: 11 }),
  flags: nat({ max: 255 }),
  id: stream,
  payload: uint8Array({ maxLength: 50 }),
}).map(({ type, flags, id, payload }) => toFrame(type, flags, id, Buffer.from(payload)));

test('whatever frames a caller sends, other callers are served, and no request stays behind', async () => {
  await assert(
    asyncProperty(
      array(oneof({ weight: 4, arbitrary: valid }, arbitrary), { maxLength: 25 }),
      async (frames) => {
        const connection = await openRawHttp2(gateway.port);
        for (const frame of frames) connection.send(frame);
        const other = await openRawHttp2(gateway.port);
        other.send(headersFrame(1, requestFields()));
        await other.until(({ type, stream: id }) => type === frameTypes.data && id === 1);
        other.socket.destroy();
        connection.socket.destroy();
        await connection.closed();
      },
    ),
    { numRuns: 150 },
  );
  await until(() => gateway.leases() === 0);
  expect(gateway.defects).toEqual([]);
});
