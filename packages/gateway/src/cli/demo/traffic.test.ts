import { openLocalServer } from '@grantgate/demo/local-server';
import { expect, it } from 'vitest';
import { startTraffic } from './traffic.ts';

it('sends requests that pass and requests that are refused, until it is stopped', async () => {
  const server = await openLocalServer(0);
  const seen = new Set<string>();
  let received = 0;
  server.onRequest(({ url, headers }, response) => {
    received += 1;
    const [, pair = ''] = headers.authorization?.split(' ') ?? [];
    seen.add(`${url ?? ''} ${Buffer.from(pair, 'base64').toString().split(':')[0] ?? ''}`.trim());
    response.writeHead(200).end();
  });
  const stop = startTraffic(server.url);
  await expect
    .poll(() => [...seen].sort())
    .toEqual(['/app', '/app my-oauth-client-name', '/app orders', '/app visitor', '/gateway']);
  await stop();
  const last = received;
  await server.close();
  expect(received).toBe(last);
});
