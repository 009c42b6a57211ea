import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../base/fake-clock.testkit.ts';
import { Secret } from '../base/secret.ts';
import type { TokenOutcome } from '../token/access-token.ts';
import { createTokenCache } from './token-cache.ts';

const credential = (secret = 'right') => ({ clientId: 'app', clientSecret: new Secret(secret) });
const refusal = {
  kind: 'failure',
  reason: 'credentials_refused',
  detail: 'no',
  retryAfterSeconds: undefined,
  oauthError: 'invalid_client',
} as const;

function setUp(lifetimeMs = 100_000) {
  const clock = createFakeClock();
  const asked: string[] = [];
  let answer = (secret: string): TokenOutcome => {
    if (secret !== 'right') return refusal;
    const now = clock.monotonic();
    return {
      kind: 'token',
      value: `t${asked.length}`,
      payload: undefined,
      obtainedAtMs: now,
      expiresAtMs: now + lifetimeMs,
    };
  };
  let delayMs = 10;
  const endpoint = {
    async obtain({ clientSecret }: ReturnType<typeof credential>): Promise<TokenOutcome> {
      asked.push(clientSecret.reveal());
      await new Promise<void>((resolve) => clock.after(delayMs, resolve));
      return answer(clientSecret.reveal());
    },
    close: async () => {},
  };
  const cache = createTokenCache({ clock });
  const tokens = cache.source({ endpoint, profile: ['https://as.example/token'] });
  const first = async (who = credential()) => {
    const pending = tokens.get(who);
    await clock.advance(delayMs);
    return pending;
  };
  return {
    clock,
    asked,
    tokens,
    first,
    answerWith: (next: typeof answer) => (answer = next),
    slow: (ms: number) => (delayMs = ms),
  };
}

describe('token cache', () => {
  it('asks the server once for hundreds of concurrent first requests', async () => {
    const { clock, asked, tokens } = setUp();
    const all = Promise.all(Array.from({ length: 500 }, async () => tokens.get(credential())));
    await clock.advance(10);
    expect(new Set((await all).map((outcome) => outcome.kind === 'token' && outcome.value))).toEqual(
      new Set(['t1']),
    );
    expect(asked).toHaveLength(1);
  });

  it('answers from memory without a promise once the token is there', async () => {
    const { tokens, first } = setUp();
    const token = await first();
    expect(tokens.get(credential())).toBe(token);
  });

  it('never lets a wrong secret profit from the token of the right one', async () => {
    const { first, asked } = setUp();
    await first();
    expect(await first(credential('wrong'))).toMatchObject({ reason: 'credentials_refused' });
    expect(asked).toEqual(['right', 'wrong']);
  });

  it('remembers refused credentials for five seconds', async () => {
    const { clock, first, tokens, asked } = setUp();
    await first(credential('wrong'));
    expect(tokens.get(credential('wrong'))).toMatchObject({ reason: 'credentials_refused' });
    await clock.advance(5_000);
    await first(credential('wrong'));
    expect(asked).toHaveLength(2);
  });

  it('renews a token in the last part of its life without a request waiting', async () => {
    const { clock, tokens, first, asked } = setUp();
    const old = await first();
    await clock.advance(80_000);
    expect(tokens.get(credential())).toBe(old);
    expect(tokens.get(credential())).toBe(old);
    await clock.advance(10);
    expect(tokens.get(credential())).toMatchObject({ kind: 'token', value: 't2' });
    expect(asked).toHaveLength(2);
  });

  it('serves the old token until it expires, and never after, when renewals fail', async () => {
    const { clock, tokens, first, asked, answerWith } = setUp();
    const old = await first();
    answerWith(() => ({ ...refusal, reason: 'unavailable' }));
    await clock.advance(80_000);
    for (let second = 0; second < 19; second += 1) {
      expect(tokens.get(credential())).toBe(old);
      await clock.advance(1_000);
    }
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.length).toBeLessThan(8);
    await clock.advance(1_000);
    expect(await first()).toMatchObject({ reason: 'unavailable' });
  });

  it('does not loop when the server hands out the same nearly expired token again', async () => {
    const { clock, tokens, first, asked, answerWith } = setUp();
    const old = await first();
    if (old.kind !== 'token') throw new Error('no token');
    answerWith(() => ({ ...old }));
    await clock.advance(80_000);
    for (let tenth = 0; tenth < 100; tenth += 1) {
      expect(tokens.get(credential())).toBe(old);
      await clock.advance(100);
    }
    expect(asked.length).toBeLessThan(7);
  });

  it('does not keep a token without a known lifetime', async () => {
    const kit = setUp();
    kit.answerWith(() => ({
      kind: 'token',
      value: 'once',
      payload: undefined,
      obtainedAtMs: 0,
      expiresAtMs: undefined,
    }));
    expect(await kit.first()).toMatchObject({ value: 'once' });
    await kit.first();
    expect(kit.asked).toHaveLength(2);
  });

  it('does not take back an answer that was under way when the tokens were purged', async () => {
    const { clock, tokens, asked, first } = setUp();
    const pending = tokens.get(credential());
    tokens.purge();
    await clock.advance(10);
    expect(await pending).toMatchObject({ value: 't1' });
    await first();
    expect(asked).toHaveLength(2);
  });

  it('lets no caller wait longer than the limit', async () => {
    const { clock, tokens, slow } = setUp();
    slow(1e9);
    const pending = tokens.get(credential());
    await clock.advance(60_000);
    expect(await pending).toMatchObject({ reason: 'timeout' });
  });
});
