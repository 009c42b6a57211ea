import { describe, expect, it } from 'vitest';
import { createAccessToken } from '../token/access-token.ts';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createTokenCache } from './token-cache.ts';
import { credential, refusal, setUp, unavailable } from './token-cache.testkit.ts';

describe('token cache', () => {
  it('sends one token request for hundreds of concurrent first requests', async () => {
    const { clock, asked, tokens } = setUp();
    const all = Promise.all(Array.from({ length: 500 }, async () => tokens.get(credential())));
    await clock.advance(10);
    expect(new Set((await all).map((outcome) => outcome.kind === 'token' && outcome.value))).toEqual(
      new Set(['t1']),
    );
    expect(asked).toHaveLength(1);
  });

  it('returns a cached token without a promise', async () => {
    const { tokens, first } = setUp();
    const token = await first();
    expect(tokens.get(credential())).toBe(token);
  });

  it('never serves the token of the right secret to a wrong one', async () => {
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

  it('serves the old token until it expires, and not longer, when renewals fail', async () => {
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

  it('announces an outage of renewals as it begins and as it ends, and each failure', async () => {
    const { clock, tokens, first, answerWith, renewals, failing } = setUp();
    await first();
    const response = { status: 503, error: 'temporarily_unavailable', errorDescription: 'maintenance' };
    answerWith(() => ({ ...unavailable, response }));
    await clock.advance(80_000);
    expect([renewals, failing()]).toEqual([[], 0]);
    const use = async () => {
      void tokens.get(credential());
      await clock.advance(10);
    };
    await use();
    const failed = { kind: 'failed', clientId: 'app', reason: 'unavailable', detail: 'down', response };
    expect(renewals).toEqual([{ ...failed, isFirst: true, nextTryInMs: 1_000, expiresInMs: 19_990 }]);
    expect(failing()).toBe(1);
    await use();
    expect(renewals).toHaveLength(1);
    await clock.advance(1_000);
    await use();
    expect(renewals[1]).toMatchObject({ ...failed, isFirst: false, nextTryInMs: 2_000 });
    answerWith(() => createAccessToken('new', clock.monotonic(), clock.monotonic() + 100_000));
    await clock.advance(2_000);
    await use();
    expect(renewals.slice(2)).toEqual([
      { kind: 'recovered', clientId: 'app', failures: 2, lastedMs: 3_030 },
      { kind: 'renewed', clientId: 'app' },
    ]);
    expect(failing()).toBe(0);
  });

  it('announces the end of an outage that outlasts the token, but no failure of a request with waiters', async () => {
    const { clock, tokens, first, answerWith, renewals, failing } = setUp();
    await first();
    answerWith(() => unavailable);
    await clock.advance(99_000);
    void tokens.get(credential());
    await clock.advance(10);
    // The token expires before the back-off does, so the next attempt is at its expiry.
    expect(renewals).toMatchObject([{ kind: 'failed', isFirst: true, nextTryInMs: 990, expiresInMs: 990 }]);
    await clock.advance(1_000);
    expect(failing()).toBe(0);
    for (let count = 0; count < 3; count += 1) await first();
    expect(renewals).toHaveLength(1);
    answerWith(() => createAccessToken('new', clock.monotonic(), clock.monotonic() + 100_000));
    await first();
    expect(renewals.slice(1)).toMatchObject([{ kind: 'recovered', failures: 1 }]);
  });

  it('distinguishes a renewal that returned the same token, which ends an outage too', async () => {
    const { clock, tokens, first, answerWith, renewals } = setUp();
    const old = await first();
    answerWith(() => unavailable);
    await clock.advance(80_000);
    void tokens.get(credential());
    await clock.advance(10);
    answerWith(() => ({ ...old }));
    await clock.advance(1_000);
    void tokens.get(credential());
    await clock.advance(10);
    expect(renewals.map(({ kind }) => kind)).toEqual(['failed', 'recovered', 'unchanged']);
  });

  it('forgets an outage with the tokens that are purged', async () => {
    const { clock, tokens, first, answerWith, renewals, failing } = setUp();
    await first();
    answerWith(() => unavailable);
    await clock.advance(80_000);
    void tokens.get(credential());
    await clock.advance(10);
    expect(failing()).toBe(1);
    tokens.purge();
    expect(failing()).toBe(0);
    answerWith(() => createAccessToken('new', clock.monotonic(), clock.monotonic() + 100_000));
    await first();
    expect(renewals.map(({ kind }) => kind)).toEqual(['failed']);
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

  it('does not cache a token without a known lifetime', async () => {
    const kit = setUp();
    kit.answerWith(() => createAccessToken('once', 0, undefined));
    expect(await kit.first()).toMatchObject({ value: 'once' });
    await kit.first();
    expect(kit.asked).toHaveLength(2);
  });

  it('lets no caller wait longer than the limit', async () => {
    const { clock, tokens, slow } = setUp();
    slow(1e9);
    const pending = tokens.get(credential());
    await clock.advance(60_000);
    expect(await pending).toMatchObject({ reason: 'timeout' });
  });

  it('uses the time limit of a source instead of its own', async () => {
    const clock = createFakeClock();
    const endpoint = { obtain: () => new Promise<never>(() => {}), close: async () => {} };
    const source = createTokenCache({ clock }).source({ endpoint, profile: [], waitMs: 90_000 });
    let settled = false;
    const pending = Promise.resolve(source.get(credential())).finally(() => (settled = true));
    await clock.advance(89_999);
    expect(settled).toBe(false);
    await clock.advance(1);
    expect(await pending).toMatchObject({ reason: 'timeout' });
  });

  it('shares a failure among all waiting callers, and tries again afterwards', async () => {
    const { clock, asked, tokens, answerWith, first } = setUp();
    answerWith(() => ({ ...refusal, reason: 'unavailable' }));
    const all = Promise.all(Array.from({ length: 50 }, async () => tokens.get(credential())));
    await clock.advance(10);
    for (const outcome of await all) expect(outcome).toMatchObject({ reason: 'unavailable' });
    expect(asked).toHaveLength(1);
    await first();
    expect(asked).toHaveLength(2);
  });

  it('turns an endpoint that throws into a failure', async () => {
    const { clock } = setUp();
    const endpoint = { obtain: () => Promise.reject(new Error('secret')), close: async () => {} };
    const tokens = createTokenCache({ clock }).source({ endpoint, profile: [] });
    expect(await tokens.get(credential())).toMatchObject({
      reason: 'unavailable',
      detail: 'the token request could not be made',
    });
  });

  it('continues for other callers when one stops waiting', async () => {
    const { clock, asked, tokens, slow } = setUp();
    slow(70_000);
    const early = tokens.get(credential());
    await clock.advance(30_000);
    const late = tokens.get(credential());
    await clock.advance(30_000);
    expect(await early).toMatchObject({ reason: 'timeout' });
    await clock.advance(10_000);
    expect(await late).toMatchObject({ value: 't1' });
    expect(tokens.get(credential())).toMatchObject({ value: 't1' });
    expect(asked).toHaveLength(1);
  });

  it('keeps the tokens that were used most recently', async () => {
    const { tokens, first, clock, asked } = setUp(1e6, { maxEntries: 2 });
    const who = (clientId: string) => ({ ...credential(), clientId });
    await first(who('a'));
    await first(who('b'));
    void tokens.get(who('a'));
    await first(who('c'));
    expect(tokens.get(who('a'))).not.toBeInstanceOf(Promise);
    expect(tokens.get(who('c'))).not.toBeInstanceOf(Promise);
    expect(asked).toHaveLength(3);
    expect(tokens.get(who('b'))).toBeInstanceOf(Promise);
    await clock.advance(10);
  });

  it('does not evict a token because of many wrong secrets, nor remember these without bound', async () => {
    const { tokens, first, asked } = setUp(1e6, { maxEntries: 1, maxRefused: 2 });
    const token = await first();
    for (const guess of ['x', 'y', 'z']) await first(credential(guess));
    expect(tokens.get(credential())).toBe(token);
    expect(tokens.get(credential('z'))).not.toBeInstanceOf(Promise);
    await first(credential('x'));
    expect(asked).toEqual(['right', 'x', 'y', 'z', 'x']);
  });

  it.each(['unavailable', 'timeout'] as const)(
    'does not cache %s: another request may have another outcome',
    async (reason) => {
      const { first, asked, answerWith } = setUp();
      answerWith(() => ({ ...refusal, reason }));
      await first();
      await first();
      expect(asked).toHaveLength(2);
    },
  );

  it.each(['request_rejected', 'response_invalid'] as const)(
    'caches %s briefly, as it does refused credentials',
    async (reason) => {
      const { clock, first, asked, answerWith } = setUp();
      answerWith(() => ({ ...refusal, reason }));
      const failure = await first();
      expect(await first()).toBe(failure);
      expect(asked).toHaveLength(1);
      await clock.advance(5_000);
      await first();
      expect(asked).toHaveLength(2);
    },
  );

  it('counts no request that was not sent to the server', async () => {
    const { tally, first, answerWith } = setUp();
    answerWith(() => ({ ...refusal, reason: 'unavailable', isLocal: true }));
    await first(credential('suspended'));
    expect(tally.server).toBe(0);
    answerWith(() => refusal);
    await first(credential('sent'));
    expect(tally.server).toBe(1);
  });

  it('waits with the next refresh until the time that the server named', async () => {
    const { clock, first, asked, answerWith } = setUp(100_000);
    await first();
    answerWith(() => ({ ...refusal, reason: 'unavailable', retryAfterSeconds: 12 }));
    await clock.advance(80_000);
    for (let second = 0; second < 12; second += 1) {
      await first();
      await clock.advance(1_000);
    }
    expect(asked).toHaveLength(2);
    await first();
    await clock.advance(0);
    expect(asked).toHaveLength(3);
  });

  it('never replaces a token by one from an earlier request', async () => {
    const { clock, tokens, first, answerWith } = setUp();
    await clock.advance(5_000);
    const held = await first();
    answerWith(() => createAccessToken('older', 1_000, 1e9));
    await clock.advance(85_000);
    expect(tokens.get(credential())).toBe(held);
    await clock.advance(10);
    expect(tokens.get(credential())).toBe(held);
  });

  it('renews a used token at most a minute before its end, and an unused one not at all', async () => {
    const { clock, tokens, first, asked } = setUp(3_600_000);
    await first();
    await clock.advance(3_600_000 - 60_011);
    void tokens.get(credential());
    expect(asked).toHaveLength(1);
    await clock.advance(59_000);
    expect(asked).toHaveLength(1);
    void tokens.get(credential());
    expect(asked).toHaveLength(2);
    await clock.advance(10);
  });

  it('serves a token up to its last millisecond and not in the next', async () => {
    const { clock, tokens, first, answerWith } = setUp();
    const token = await first();
    answerWith(() => ({ ...refusal, reason: 'unavailable' }));
    await clock.advance(99_989);
    expect(tokens.get(credential())).toBe(token);
    await clock.advance(10);
    await clock.advance(1);
    expect(tokens.get(credential())).toBeInstanceOf(Promise);
    await clock.advance(10);
  });

  it('requests a token once for all sources of one profile, and separately for others', async () => {
    const { clock, tokens, open, asked, first } = setUp();
    const token = await first();
    expect(open().get(credential())).toBe(token);
    expect(open('audience').get(credential())).toBeInstanceOf(Promise);
    await clock.advance(10);
    expect(tokens.get(credential())).toBe(token);
    expect(asked).toHaveLength(2);
  });

  it('uses no token that expired while the machine was suspended', async () => {
    const { clock, asked, first, tokens } = setUp();
    await first();
    expect(tokens.get(credential())).toMatchObject({ value: 't1' });
    // Only the wall clock advances meanwhile.
    clock.jump(100_000);
    expect(await first()).toMatchObject({ value: 't2' });
    expect(asked).toHaveLength(2);
  });

  it('does not replace a refused token by one that expired in a suspend', async () => {
    const { clock, first, tokens, slow } = setUp();
    await first();
    clock.jump(100_000);
    slow(0);
    const renewed = tokens.renew(credential(), createAccessToken('other', 0, undefined));
    await clock.advance(0);
    expect(await renewed).toMatchObject({ value: 't2' });
  });

  it.each([-3_600_000, -500, 500, 50_000])(
    'uses a token until its end on the monotonic clock, not longer, when the wall clock is set by %i ms',
    async (jumpMs) => {
      const { clock, asked, first, tokens } = setUp();
      await first();
      expect(tokens.get(credential())).toMatchObject({ value: 't1' });
      clock.jump(jumpMs);
      await clock.advance(40_000);
      expect(tokens.get(credential())).toMatchObject({ value: 't1' });
      expect(asked).toHaveLength(1);
      await clock.advance(60_000);
      expect(await first()).toMatchObject({ value: 't2' });
    },
  );
});
