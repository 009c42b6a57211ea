import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { Secret } from '../base/secret.ts';
import { createTokenEndpoint } from './create-endpoint.ts';
import type { TokenEndpoint } from './endpoint.ts';
import { plainOptions } from './token-endpoint.testkit.ts';

const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

/** An authorization server that responds on command; only the secret `right` is right. */
async function startHeldServer() {
  const held: { readonly isRight: boolean; readonly response: ServerResponse }[] = [];
  const counts = { connections: 0, mostConnections: 0, responses: 0 };
  let isHolding = false;
  const answer = (isRight: boolean, response: ServerResponse): void => {
    counts.responses += 1;
    const body = isRight
      ? { access_token: 'token', token_type: 'Bearer', expires_in: 60 }
      : { error: 'invalid_client' };
    response.writeHead(isRight ? 200 : 401, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
  const server = createServer((request, response) => {
    const [, pair = ''] = (request.headers.authorization ?? '').split(' ');
    const isRight = Buffer.from(pair, 'base64').toString().endsWith(':right');
    request.resume();
    if (isHolding) held.push({ isRight, response });
    else answer(isRight, response);
  });
  server.on('connection', (socket) => {
    counts.connections += 1;
    counts.mostConnections = Math.max(counts.mostConnections, counts.connections);
    socket.on('close', () => (counts.connections -= 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closes.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
    counts,
    held,
    hold: () => void (isHolding = true),
    answerOne(): void {
      const next = held.shift();
      if (next !== undefined) answer(next.isRight, next.response);
    },
  };
}

const ask = (endpoint: TokenEndpoint, clientId: string, secret: string) =>
  endpoint.obtain({ clientId, clientSecret: new Secret(secret) });

describe('a flood of wrong credentials at a slow authorization server', () => {
  it('causes no more concurrent requests than configured, and clients that have had a token go first', async () => {
    const server = await startHeldServer();
    const endpoint = createTokenEndpoint(
      { ...plainOptions, url: server.url, maxConcurrent: 8 },
      { clock: createFakeClock() },
    );
    closes.push(() => endpoint.close());
    const good = Array.from({ length: 20 }, (_, at) => `good-${at}`);
    for (const client of good) expect((await ask(endpoint, client, 'right')).kind).toBe('token');
    server.hold();
    const before = server.counts.responses;
    const flood = Array.from({ length: 2_000 }, (_, at) => ask(endpoint, `guess-${at % 500}`, `wrong-${at}`));
    const right = Promise.all(good.map((client) => ask(endpoint, client, 'right')));
    const state = { isServed: false };
    void right.then(() => (state.isServed = true));
    while (!state.isServed) {
      await expect.poll(() => server.held.length > 0 || state.isServed, { interval: 1 }).toBe(true);
      expect(server.held.length).toBeLessThanOrEqual(8);
      server.answerOne();
    }
    expect((await right).map(({ kind }) => kind)).toEqual(good.map(() => 'token'));
    // Requests of the flood that were in flight, and some that took slots meanwhile.
    expect(server.counts.responses - before).toBeLessThan(20 + 40);
    // A connection whose response has just arrived may still be open while another one is opened.
    expect(server.counts.mostConnections).toBeLessThanOrEqual(16);
    const rest = { isOver: false };
    const refused = Promise.all(flood).finally(() => (rest.isOver = true));
    while (!rest.isOver) {
      await expect.poll(() => server.held.length > 0 || rest.isOver, { interval: 1 }).toBe(true);
      while (server.held.length > 0) server.answerOne();
    }
    expect(new Set((await refused).map(({ kind }) => kind))).toEqual(new Set(['failure']));
    // A client that never had a token is tried with both methods.
    expect(server.counts.responses - before).toBeLessThanOrEqual(20 + 2 * 2_000);
  });
});
