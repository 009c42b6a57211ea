import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { TokenOutcome } from './access-token.ts';
import { connectTo } from './token-endpoint.testkit.ts';

const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

/** An authorization server that responds to each client with a chosen status; 200 issues a token. */
async function start() {
  const statusOf = new Map<string, number>();
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const [, pair = ''] = (request.headers.authorization ?? '').split(' ');
    const [clientId = ''] = Buffer.from(pair, 'base64').toString().split(':');
    requests.push(clientId);
    request.resume();
    const status = statusOf.get(clientId) ?? 200;
    const body = status === 200 ? { access_token: 'token', token_type: 'Bearer', expires_in: 60 } : {};
    response.writeHead(status, {
      'content-type': 'application/json',
      ...(status === 429 && { 'retry-after': '60' }),
    });
    response.end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { obtain, close, clock } = connectTo(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`,
  );
  closes.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
    close,
  );
  const askTimes = async (clientId: string, times: number): Promise<void> => {
    for (let at = 0; at < times; at += 1) await obtain(clientId);
  };
  return { statusOf, requests, obtain, askTimes, clock };
}

const isSuspended = (outcome: TokenOutcome): boolean =>
  outcome.kind === 'failure' && outcome.detail.includes('suspended');

describe('token requests', () => {
  it('are suspended for all clients after five with known credentials failed with 503', async () => {
    const { statusOf, requests, obtain, askTimes, clock } = await start();
    await obtain('known');
    statusOf.set('known', 503);
    await askTimes('known', 5);
    expect(isSuspended(await obtain('other'))).toBe(true);
    expect(requests).toHaveLength(6);
    await clock.advance(1_000);
    expect((await obtain('other')).kind).toBe('token');
    expect(isSuspended(await obtain('known'))).toBe(false);
  });

  it.each([429, 408, 400, 403])('continue for others when a client repeatedly gets %d', async (status) => {
    const { statusOf, obtain, askTimes } = await start();
    await obtain('known');
    await obtain('other');
    statusOf.set('known', status);
    await askTimes('known', 20);
    expect((await obtain('other')).kind).toBe('token');
  });

  it('continue after any response to clients that never had a token', async () => {
    const { statusOf, obtain, askTimes } = await start();
    statusOf.set('stranger', 500);
    await askTimes('stranger', 50);
    expect((await obtain('other')).kind).toBe('token');
  });
});
