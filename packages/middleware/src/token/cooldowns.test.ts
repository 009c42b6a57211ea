import { afterEach, describe, expect, it } from 'vitest';
import type { TokenEndpointOptions } from './endpoint.ts';
import type { Script } from '../../../testkit/src/scripted-server.ts';
import { json, startScriptedServer } from '../../../testkit/src/scripted-server.ts';
import { connectTo } from './token-endpoint.testkit.ts';

const closes: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0)) await close();
});

const grant: Script[number] = (response) =>
  json(response, 200, { access_token: 'opaque', token_type: 'Bearer', expires_in: 60 });
const answer =
  (status: number, headers: Record<string, string> = {}): Script[number] =>
  (response) =>
    json(response, status, {}, headers);

async function serve(options: Partial<TokenEndpointOptions>, ...script: Script) {
  const server = await startScriptedServer(...script);
  const client = connectTo(server.url, options);
  closes.push(
    () => client.close(),
    () => server.close(),
  );
  return { ...client, server };
}

describe('a credential whose token requests are limited', () => {
  it.each([429, 503])(
    'causes none until the time that %d named, and callers get the remaining time',
    async (status) => {
      const { obtain, clock, server } = await serve({}, answer(status, { 'retry-after': '60' }), grant);
      expect(await obtain()).toMatchObject({ reason: 'unavailable', retryAfterSeconds: 60 });
      for (let call = 0; call < 50; call += 1)
        expect(await obtain()).toMatchObject({ reason: 'unavailable', retryAfterSeconds: 60 });
      await clock.advance(20_500);
      expect(await obtain()).toMatchObject({ reason: 'unavailable', retryAfterSeconds: 40 });
      expect(server.requests).toHaveLength(1);
      await clock.advance(39_500);
      expect(await obtain()).toMatchObject({ kind: 'token' });
    },
  );

  it('delays no other credential, nor the same ID with another secret', async () => {
    const { obtain, server } = await serve({}, answer(429, { 'retry-after': '60' }), grant);
    await obtain('app', 'wrong');
    expect(await obtain('app', 'right')).toMatchObject({ kind: 'token' });
    expect(await obtain('other', 'wrong')).toMatchObject({ kind: 'token' });
    expect(server.requests).toHaveLength(3);
  });

  it('waits longer each time when 429 names no time, up to half a minute, and starts again after a token', async () => {
    const { obtain, clock, server } = await serve(
      {},
      ...Array.from({ length: 8 }, () => answer(429)),
      grant,
      answer(429),
    );
    const waits: number[] = [];
    for (;;) {
      const sent = server.requests.length;
      const outcome = await obtain();
      if (outcome.kind === 'token') break;
      if (server.requests.length > sent) waits.push(0);
      waits[waits.length - 1]! += 250;
      await clock.advance(250);
    }
    // Jitter is one half, so three quarters of 1, 2, 4, ... seconds.
    expect(waits).toEqual([750, 1500, 3000, 6000, 12_000, 22_500, 22_500, 22_500]);
    await obtain();
    expect(await obtain()).toMatchObject({ retryAfterSeconds: 1 });
  });

  it('waits after five failures in a row without a usable response', async () => {
    const { obtain, server } = await serve({}, answer(500));
    for (let call = 0; call < 50; call += 1) expect(await obtain()).toMatchObject({ reason: 'unavailable' });
    expect(server.requests).toHaveLength(5);
  });
});
