import { createServer, type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createDeferred, type Deferred } from '../../../testkit/src/deferred.ts';
import { startEntryPoint, type TestEntryPoint } from '../entrypoints/entry-point.testkit.ts';
import { openRaw } from '../../../testkit/src/raw-connection.ts';
import { badBodies, badHeads, type BadResponse } from '../http1/client/response-corpus.testkit.ts';

let answer: BadResponse;
let gone: Deferred<void>;
let opened = 0;
let gateway: TestEntryPoint;
const sockets = new Set<Socket>();
// A server that never closes a connection by itself, unless the response requires it.
const server = createServer((socket) => {
  opened += 1;
  sockets.add(socket);
  const mine = gone;
  socket.on('error', () => {});
  socket.on('close', () => {
    sockets.delete(socket);
    mine.resolve();
  });
  socket.once('data', () => {
    if (answer.ends === true) socket.end(answer.bytes, 'latin1');
    else socket.write(answer.bytes, 'latin1');
  });
});

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  gateway = await startEntryPoint({
    servers: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`],
    upstreamTransport: { maxResponseHeaderBytes: 65_536 },
  });
});
afterAll(async () => {
  await gateway.close();
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

async function ask(chosen: BadResponse): Promise<string> {
  answer = chosen;
  gone = createDeferred();
  const before = opened;
  asked += 1;
  const connection = await openRaw(
    gateway.port,
    `${chosen.method ?? 'GET'} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`,
  );
  const text = await connection.closed();
  connection.socket.destroy();
  await gone.promise;
  // Each time on a separate connection: none is reused after such a response.
  expect(opened).toBe(before + 1);
  return text;
}

let asked = 0;
const lastRecord = () => gateway.recorded(asked);
/** For the log, in the client's own words, without any data from the server. */
async function tellsWhy({ bytes }: BadResponse): Promise<void> {
  const { originFault: reason = '' } = await lastRecord();
  expect(reason).toMatch(/^[a-zA-Z][\w /,;:.'’-]{5,}$/);
  expect(bytes).not.toContain(reason);
}

describe('a server whose response two readers could interpret differently', () => {
  test.each(badHeads)('$what: 502 and the connection is closed', async (chosen) => {
    const text = await ask(chosen);
    expect(text).toMatch(/(?:^|\r\n\r\n)HTTP\/1\.1 502 Bad Gateway\r\n/);
    // The response to HEAD has only a head.
    expect(text.includes('"code":"upstream_reset"')).toBe(chosen.method !== 'HEAD');
    expect(text).not.toContain('body');
    expect(await lastRecord()).toMatchObject({ status: 502, originStatus: 0, originBytes: 0 });
    await tellsWhy(chosen);
  });

  test.each(badBodies)('$what: the caller sees a truncated response', async (chosen) => {
    const text = await ask(chosen);
    expect(text).not.toMatch(/\r\n0\r\n[^]*\r\n$/);
    const length = Number(/content-length: (\d+)/.exec(text)?.[1] ?? Infinity);
    expect(text.length - text.indexOf('\r\n\r\n') - 4).toBeLessThan(length);
    expect((await lastRecord()).refusal).toBeUndefined();
    await tellsWhy(chosen);
    expect(gateway.leases()).toBe(0);
  });
});
