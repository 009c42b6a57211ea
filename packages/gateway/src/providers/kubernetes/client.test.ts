import type { AddressInfo, Socket } from 'node:net';
import { Agent, createServer } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { createFakeClock } from '../../../../testkit/src/fake-clock.ts';
import { until } from '../../../../testkit/src/until.ts';
import { createClient } from './client.ts';
import { createRateLimit } from './rate-limit.ts';
import { resources } from './resources.ts';

const closing: (() => void)[] = [];
afterEach(() => closing.splice(0).forEach((close) => close()));

/** An API server without TLS whose watches have a head and one line, and a client of it. */
async function connect() {
  const requests: string[] = [];
  const codes: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer(({ url = '', socket }, response) => {
    requests.push(url);
    sockets.push(socket);
    if (url === '/list') response.end('{}');
    else response.write('{}\n');
  });
  const agent = new Agent({ keepAlive: true });
  closing.push(() => {
    agent.destroy();
    server.closeAllConnections();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const clock = createFakeClock();
  const client = createClient({
    access: {
      prepare: () => Promise.resolve({ server: url, options: { agent } }),
      renew: () => undefined,
    },
    clock,
    limit: createRateLimit({ qps: 100, burst: 100 }, clock),
    onRequest: ({ path }, code) => void codes.push(`${path} ${code}`),
  });
  const idle = () => until(() => Object.keys(agent.freeSockets).length === 1);
  return { client, requests, codes, sockets, idle };
}

const list = { resource: resources.services, verb: 'list', path: '/list' } as const;
const watch = { resource: resources.services, verb: 'watch', path: '/watch' } as const;
const { signal } = new AbortController();

it('a reused connection that is reset in the middle of a watch causes no second request', async () => {
  const { client, requests, codes, sockets, idle } = await connect();
  await client.readJson(list, signal);
  await idle();
  const opened = await client.open(watch, signal);
  expect(opened.ok).toBe(true);
  if (!opened.ok) return;
  const chunks: string[] = [];
  await expect(
    (async () => {
      for await (const chunk of opened.value) {
        chunks.push(String(chunk));
        sockets[1]!.resetAndDestroy();
      }
    })(),
  ).rejects.toThrow('aborted');
  expect(sockets[1]).toBe(sockets[0]);
  expect(chunks).toEqual(['{}\n']);
  // A request caused by the reset would arrive before this one.
  expect((await client.readJson(list, signal)).ok).toBe(true);
  expect(requests).toEqual(['/list', '/watch', '/list']);
  expect(codes).toEqual(['/list 200', '/watch 200', '/list 200']);
});

it('a request is sent again when the server had closed its idle connection', async () => {
  const { client, requests, codes, sockets, idle } = await connect();
  await client.readJson(list, signal);
  await idle();
  sockets[0]!.resetAndDestroy();
  const opened = await client.readJson(list, signal);
  expect(opened.ok).toBe(true);
  expect(requests).toEqual(['/list', '/list']);
  expect(codes).toEqual(['/list 200', '/list 200']);
});
