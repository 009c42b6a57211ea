import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { Secret } from '../base/secret.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import { createAccessToken } from '../token/access-token.ts';
import { createTokenFailure } from '../token/failure.ts';
import { createRenewal } from './renewal.ts';
import { createTokenCache } from './token-cache.ts';

/** A source whose endpoint issues `token-1`, `token-2`, ... or fails. */
function start(failing: { current: boolean } = { current: false }) {
  const clock = createFakeClock();
  let requests = 0;
  const obtain = async (): Promise<TokenOutcome> => {
    requests += 1;
    if (failing.current) return createTokenFailure('unavailable', 'down');
    return createAccessToken(`token-${requests}`, clock.monotonic(), clock.monotonic() + 3_600_000);
  };
  const tokens = createTokenCache({ clock }).source({
    endpoint: { obtain, close: async () => {} },
    profile: [],
  });
  const credential = { clientId: 'app', clientSecret: new Secret('s') };
  return {
    clock,
    renew: createRenewal(tokens, credential, clock),
    first: async () => (await tokens.get(credential)) as AccessToken,
    requests: () => requests,
  };
}

describe('the renewal of a refused token', () => {
  it('happens at most once in ten seconds, even if the resource refuses every token', async () => {
    const { clock, renew, first, requests } = start();
    let token: AccessToken | undefined = await first();
    for (let second = 0; second < 60; second += 1) {
      token = (await renew(token)) ?? token;
      await clock.advance(1_000);
    }
    expect(requests()).toBe(1 + 6);
  });

  it('returns the cached token when an older one was refused, without a token request', async () => {
    const { renew, first, requests } = start();
    const refused = await first();
    const second = await renew(refused);
    expect(second?.value).toBe('token-2');
    expect(await renew(refused)).toBe(second);
    expect(requests()).toBe(2);
  });

  it('returns nothing when the authorization server fails, and tries again ten seconds later', async () => {
    const failing = { current: false };
    const { clock, renew, first, requests } = start(failing);
    const refused = await first();
    failing.current = true;
    expect(await renew(refused)).toBeUndefined();
    failing.current = false;
    expect(await renew(refused)).toBeUndefined();
    await clock.advance(10_000);
    expect((await renew(refused))?.value).toBe('token-3');
    expect(requests()).toBe(3);
  });
});
