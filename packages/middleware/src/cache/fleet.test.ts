import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAccessToken } from '../token/access-token.ts';
import { createChannel } from '../base/channel.ts';
import type { FakeClock } from '../../../testkit/src/fake-clock.ts';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { Secret } from '../base/secret.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import type { TokenFailure } from '../token/failure.ts';
import { createBestEffortStore } from './best-effort-store.ts';
import { createMemoryStore } from './memory-store.ts';
import { createSharedTokens } from './shared-tokens.ts';
import type { StoreEvent } from './store-event.ts';
import type { TokenStore } from './store.ts';
import { createTokenCache, type CachedTokens } from './token-cache.ts';

const lifetimeMs = 100_000;
const app = () => ({ clientId: 'app', clientSecret: new Secret('s3cr3t') });
const unavailable: TokenFailure = {
  kind: 'failure',
  reason: 'unavailable',
  detail: 'the token endpoint responded with 503',
  retryAfterSeconds: 7,
  oauthError: undefined,
};

/** An authorization server and a store that several processes use. */
function createFleet(clock: FakeClock = createFakeClock()) {
  const store = createMemoryStore({ clock });
  const asked: number[] = [];
  const fleet = { answerMs: 200, answer: undefined as TokenOutcome | undefined };
  const endpoint = {
    async obtain(): Promise<TokenOutcome> {
      const number = asked.push(clock.monotonic());
      await new Promise<void>((resolve) => clock.after(fleet.answerMs, resolve));
      const now = clock.monotonic();
      return fleet.answer ?? createAccessToken(`token-${number}`, now, now + lifetimeMs);
    },
    close: async () => {},
  };
  const join = (over: TokenStore = store, secret = '0123456789abcdef', lockWaitMs = 5_000) => {
    const events = createChannel<StoreEvent>();
    const heard: StoreEvent[] = [];
    events.subscribe((event) => void heard.push(event));
    const bestEffort = createBestEffortStore(over, { clock, events, budgetMs: 250 });
    const bytes = Buffer.from(secret);
    const shared = createSharedTokens({ clock, events, store: bestEffort, secret: bytes, keyPrefix: 'gg:' });
    const cache = createTokenCache({ clock });
    const tokens = cache.source({ endpoint, profile: ['https://as.example'], shared, lockWaitMs });
    return { tokens, heard, counts: cache.counts };
  };
  return { clock, store, asked, fleet, join };
}

const valueOf = (outcome: TokenOutcome): string =>
  outcome.kind === 'token' ? outcome.value : outcome.reason;

describe('a fleet of processes with one store', () => {
  it('counts look-ups by tier, in each process', async () => {
    const { clock, fleet, join } = createFleet();
    const [one, two] = [join(), join()];
    const get = async ({ tokens }: typeof one) => {
      const outcome = Promise.resolve(tokens.get(app()));
      await clock.advance(1_000);
      return valueOf(await outcome);
    };
    for (const process of [one, one, one, two, two]) expect(await get(process)).toBe('token-1');
    expect(one.counts()).toEqual({ memory: 2, store: 0, server: 1 });
    expect(two.counts()).toEqual({ memory: 1, store: 1, server: 0 });
    // A failure is not a hit of any tier, but the server received a request.
    fleet.answer = unavailable;
    await clock.advance(lifetimeMs);
    expect(await get(one)).toBe('unavailable');
    expect(one.counts()).toEqual({ memory: 2, store: 0, server: 2 });
  });

  it('requests one token for any number of processes and callers', async () => {
    const { clock, asked, join } = createFleet();
    const processes = Array.from({ length: 5 }, () => join());
    const all = Promise.all(
      processes.flatMap(({ tokens }) => Array.from({ length: 50 }, async () => tokens.get(app()))),
    );
    await clock.advance(1_000);
    expect(new Set((await all).map(valueOf))).toEqual(new Set(['token-1']));
    expect(asked).toHaveLength(1);
  });

  describe('a Retry-After of the authorization server', () => {
    const limited: TokenFailure = {
      ...unavailable,
      retryAfterSeconds: 60,
      response: { status: 429, error: undefined, errorDescription: undefined },
    };
    const get = async (clock: FakeClock, { tokens }: { tokens: CachedTokens }) => {
      const outcome = Promise.resolve(tokens.get(app()));
      await clock.advance(500);
      return outcome;
    };

    it('prevents token requests of every process until then, and reports the remaining time', async () => {
      const { clock, asked, fleet, join } = createFleet();
      fleet.answer = limited;
      expect(await get(clock, join())).toBe(limited);
      fleet.answer = undefined;
      await clock.advance(2_000);
      for (const process of [join(), join()])
        expect(await get(clock, process)).toMatchObject({
          reason: 'unavailable',
          detail: limited.detail,
          retryAfterSeconds: 58,
        });
      expect(asked).toHaveLength(1);
      await clock.advance(60_000);
      expect(await get(clock, join())).toMatchObject({ value: 'token-2' });
    });

    it('renews in no process until then, and uses its token', async () => {
      const { clock, asked, fleet, join } = createFleet();
      const processes = [join(), join(), join()];
      for (const process of processes) expect(await get(clock, process)).toMatchObject({ value: 'token-1' });
      await clock.advance(85_000);
      fleet.answer = limited;
      for (const process of processes) {
        expect(await get(clock, process)).toMatchObject({ value: 'token-1' });
        await clock.advance(1_000);
      }
      expect(asked).toHaveLength(2);
    });

    it("delays no other process because of one process's own failure", async () => {
      const { clock, fleet, join } = createFleet();
      fleet.answer = { ...limited, response: undefined };
      await get(clock, join());
      await clock.advance(2_000);
      fleet.answer = undefined;
      expect(await get(clock, join())).toMatchObject({ value: 'token-2' });
    });

    it('does not affect clients with another secret', async () => {
      const { clock, asked, fleet, join } = createFleet();
      fleet.answer = limited;
      await get(clock, join());
      await clock.advance(2_000);
      const outcome = Promise.resolve(
        join().tokens.get({ clientId: 'app', clientSecret: new Secret('other') }),
      );
      await clock.advance(500);
      expect(await outcome).toBe(limited);
      expect(asked).toHaveLength(2);
    });
  });

  it('requests no new token after a restart of a process, and the token expires when it did before', async () => {
    const { clock, asked, join } = createFleet();
    const first = Promise.resolve(join().tokens.get(app()));
    await clock.advance(200);
    const token = await first;
    await clock.advance(30_000);
    const fresh = join();
    const second = await fresh.tokens.get(app());
    expect(valueOf(second)).toBe('token-1');
    expect(second).toMatchObject({
      expiresAtMs: (token as { expiresAtMs: number }).expiresAtMs,
      obtainedAtMs: (token as { obtainedAtMs: number }).obtainedAtMs,
    });
    expect(asked).toHaveLength(1);
    expect(fresh.heard).toContainEqual({ kind: 'found', tier: 'store' });
  });

  it('renews a token once for all, and no request waits for it', async () => {
    const { clock, asked, join } = createFleet();
    const processes = [join(), join(), join()];
    const start = Promise.all(processes.map(async ({ tokens }) => tokens.get(app())));
    await clock.advance(1_000);
    await start;
    await clock.advance(80_000);
    // A value, not a promise: the old token, without a wait.
    for (const { tokens } of processes) expect(tokens.get(app())).toMatchObject({ value: 'token-1' });
    await clock.advance(5_000);
    for (const { tokens } of processes) void tokens.get(app());
    await clock.advance(5_000);
    for (const { tokens } of processes) expect(tokens.get(app())).toMatchObject({ value: 'token-2' });
    expect(asked).toHaveLength(2);
  });

  describe('after a resource has refused its token, a client', () => {
    type Process = ReturnType<ReturnType<typeof createFleet>['join']>;
    const held = async (clock: FakeClock, { tokens }: Process) => {
      const pending = Promise.resolve(tokens.get(app()));
      await clock.advance(1_000);
      return (await pending) as AccessToken;
    };
    const renew = async (clock: FakeClock, { tokens }: Process, refused: AccessToken) => {
      const pending = Promise.resolve(tokens.renew(app(), refused));
      await clock.advance(1_000);
      return valueOf(await pending);
    };

    it('causes one new token request, and all processes use that token', async () => {
      const { clock, asked, join } = createFleet();
      const [one, two, three] = [join(), join(), join()];
      const refused = await held(clock, one);
      for (const process of [two, three]) await held(clock, process);
      const both = Promise.all([renew(clock, one, refused), renew(clock, two, refused)]);
      expect(await both).toEqual(['token-2', 'token-2']);
      expect(await renew(clock, three, refused)).toBe('token-2');
      expect(asked).toHaveLength(2);
      for (const { tokens } of [one, two, three])
        expect(tokens.get(app())).toMatchObject({ value: 'token-2' });
    });

    it('does not get the refused token back from the store, even if it is no longer in memory', async () => {
      const { clock, asked, join } = createFleet();
      const refused = await held(clock, join());
      expect(await renew(clock, join(), refused)).toBe('token-2');
      expect(asked).toHaveLength(2);
    });

    it('gets a new token that ends sooner', async () => {
      const { clock, asked, fleet, join } = createFleet();
      const [one, two] = [join(), join()];
      const refused = await held(clock, one);
      await held(clock, two);
      const now = clock.monotonic();
      fleet.answer = { ...refused, value: 'short', obtainedAtMs: now, expiresAtMs: now + 10_000 };
      expect(await renew(clock, one, refused)).toBe('short');
      expect(await renew(clock, two, refused)).toBe('short');
      expect(asked).toHaveLength(2);
    });

    it('gets an older token that another process has left, and keeps it', async () => {
      const { clock, fleet, store, join } = createFleet();
      const early = join();
      const older = await held(clock, early);
      await clock.advance(10_000);
      // This process could not use the store when it asked.
      let ready = false;
      const apart = join({ ...store, isReady: () => ready });
      const refused = await held(clock, apart);
      expect(refused.value).toBe('token-2');
      ready = true;
      fleet.answer = unavailable;
      expect(await renew(clock, apart, refused)).toBe(older.value);
      expect(apart.tokens.get(app())).toMatchObject({ value: older.value });
    });

    it('causes another token request when an unrelated renewal returned the same token', async () => {
      const { clock, asked, fleet, join } = createFleet();
      const one = join();
      const refused = await held(clock, one);
      await clock.advance(85_000);
      fleet.answer = refused;
      void one.tokens.get(app());
      await clock.advance(50);
      const pending = Promise.resolve(one.tokens.renew(app(), refused));
      await clock.advance(160);
      fleet.answer = undefined;
      await clock.advance(1_000);
      expect(valueOf(await pending)).toBe('token-3');
      expect(asked).toHaveLength(3);
    });
  });

  it('a process that dies with the lock delays the others by at most five seconds', async () => {
    const { clock, asked, fleet, store, join } = createFleet();
    // The dead process: it took the lock and never released it.
    const dead: TokenStore = { ...store, extendIfEquals: () => Promise.reject(new Error('dead')) };
    fleet.answerMs = 1e9;
    void join(dead).tokens.get(app());
    await clock.advance(100);
    fleet.answerMs = 100;
    const waiting = Promise.resolve(join().tokens.get(app()));
    await clock.advance(4_000);
    expect(asked).toHaveLength(1);
    await clock.advance(1_500);
    expect(valueOf(await waiting)).toBe('token-2');
  });

  it.each([undefined, 'app'])(
    'no process shares a token older than a purge of %s in both processes',
    async (clientId) => {
      const { clock, asked, join } = createFleet();
      const [one, two] = [join(), join()];
      const get = async ({ tokens }: typeof one) => {
        const outcome = Promise.resolve(tokens.get(app()));
        await clock.advance(1_000);
        return valueOf(await outcome);
      };
      expect(await get(one)).toBe('token-1');
      expect(await get(two)).toBe('token-1');
      for (const { tokens } of [one, two]) expect(tokens.purge(clientId)).toBe(1);
      expect(await get(two)).toBe('token-2');
      expect(await get(one)).toBe('token-2');
      expect(asked).toHaveLength(2);
    },
  );

  it('the result of a request is not shared when its client was purged meanwhile', async () => {
    const { clock, asked, fleet, join } = createFleet();
    const [one, two] = [join(), join()];
    const early = Promise.resolve(one.tokens.get(app()));
    await clock.advance(fleet.answerMs / 2);
    for (const { tokens } of [one, two]) tokens.purge('app');
    const late = [one, two].map(async ({ tokens }) => tokens.get(app()));
    await clock.advance(5_000);
    expect(valueOf(await early)).toBe('token-1');
    expect((await Promise.all(late)).map(valueOf)).toEqual(['token-2', 'token-2']);
    expect(asked).toHaveLength(2);
  });

  it('keeps the lock of a process that waits long for its response', async () => {
    const { clock, asked, fleet, join } = createFleet();
    fleet.answerMs = 20_000;
    const patient = () => join(undefined, undefined, 30_000);
    const all = Promise.all([patient(), patient()].map(async ({ tokens }) => tokens.get(app())));
    await clock.advance(21_000);
    expect((await all).map(valueOf)).toEqual(['token-1', 'token-1']);
    expect(asked).toHaveLength(1);
  });

  it('waits for a lock up to the limit, and then requests the token itself', async () => {
    const { clock, asked, fleet, store, join } = createFleet();
    // Another process has the lock without end, or the store claims so.
    const locked: TokenStore = { ...store, setIfAbsent: () => Promise.resolve(false) };
    for (const lockWaitMs of [500, 5_000, 30_000]) {
      const { tokens, heard } = join(locked, undefined, lockWaitMs);
      const credential = { ...app(), clientId: `app-${lockWaitMs}` };
      const before = asked.length;
      const begun = clock.monotonic();
      const waiting = Promise.resolve(tokens.get(credential));
      await clock.advance(lockWaitMs + fleet.answerMs);
      expect(valueOf(await waiting)).toBe(`token-${before + 1}`);
      expect(asked.slice(before)).toEqual([begun + lockWaitMs]);
      expect(heard).toContainEqual({ kind: 'lock_wait', waitedMs: lockWaitMs });
      // The others use its token nevertheless.
      expect(await join(store).tokens.get(credential)).toMatchObject({ value: `token-${before + 1}` });
    }
  });

  it('uses no token or failure beyond its sealed end, however long the store keeps it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom<TokenOutcome | undefined>(undefined, unavailable),
        fc.integer({ min: 0, max: 3 * lifetimeMs }),
        fc.integer({ min: 1, max: 31_536_000_000 }),
        async (answer, afterMs, ttlMs) => {
          const { clock, store, fleet, join } = createFleet();
          fleet.answer = answer;
          let key = '';
          let sealed: Uint8Array | undefined;
          const noting: TokenStore = {
            ...store,
            set: (name, value, ms) => ((key = name), (sealed = value), store.set(name, value, ms)),
            setIfAbsent: (name, value, ms) => (
              name.endsWith(':lock') || ((key = name), (sealed = value)),
              store.setIfAbsent(name, value, ms)
            ),
          };
          const first = Promise.resolve(join(noting).tokens.get(app()));
          await clock.advance(fleet.answerMs);
          const token = await first;
          await clock.advance(afterMs);
          // The original entry, restored with an expiry of the store's choice.
          const replaying: TokenStore = {
            ...store,
            get: () => Promise.resolve(sealed && { value: sealed, ttlMs }),
            setIfAbsent: () => Promise.resolve(false),
          };
          const events = createChannel<StoreEvent>();
          const bestEffort = createBestEffortStore(replaying, { clock, events, budgetMs: 250 });
          const shared = createSharedTokens({
            clock, store: bestEffort, events, secret: Buffer.from('0123456789abcdef'), keyPrefix: 'gg:',
          }); // prettier-ignore
          const read = await shared.read(key);
          const leftMs =
            token.kind === 'token' ? (token.expiresAtMs ?? 0) - clock.monotonic() : 1_000 - afterMs;
          const current =
            token.kind === 'token'
              ? { kind: 'token', expiresAtMs: clock.monotonic() + Math.min(leftMs, ttlMs) }
              : { reason: 'unavailable' };
          expect(read ?? {}).toMatchObject(leftMs <= 0 ? {} : current);
          expect(read === undefined).toBe(leftMs <= 0);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('ignores an entry of an older version', async () => {
    const { clock, store, asked, join } = createFleet();
    let key = '';
    const noting: TokenStore = {
      ...store,
      set: (name, value, ms) => ((key = name), store.set(name, value, ms)),
    };
    const first = Promise.resolve(join(noting).tokens.get(app()));
    await clock.advance(300);
    await first;
    const entry = await store.get(key);
    await store.set(key, Uint8Array.from([1, ...(entry?.value ?? []).slice(1)]), lifetimeMs);
    const fresh = join();
    const second = Promise.resolve(fresh.tokens.get(app()));
    await clock.advance(300);
    expect(valueOf(await second)).toBe('token-2');
    expect(asked).toHaveLength(2);
    expect(fresh.heard).toContainEqual({ kind: 'unsealed' });
  });

  it('shares a failure with waiting callers only', async () => {
    const { clock, asked, fleet, join } = createFleet();
    fleet.answer = unavailable;
    const all = Promise.all([join(), join(), join()].map(async ({ tokens }) => tokens.get(app())));
    await clock.advance(1_000);
    for (const outcome of await all) expect(outcome).toEqual(unavailable);
    expect(asked).toHaveLength(1);
    fleet.answer = undefined;
    const later = Promise.resolve(join().tokens.get(app()));
    await clock.advance(300);
    expect(valueOf(await later)).toBe('token-2');
  });

  it('looks for the token of another process a few times a second, not in a storm', async () => {
    const { clock, fleet, store, join } = createFleet();
    let looks = 0;
    const counted: TokenStore = { ...store, get: (key) => ((looks += 1), store.get(key)) };
    fleet.answerMs = 10_000;
    void join().tokens.get(app());
    await clock.advance(10);
    void join(counted).tokens.get(app());
    await clock.advance(9_000);
    expect(looks).toBeGreaterThan(10);
    expect(looks).toBeLessThan(60);
  });

  it('ignores an entry that was sealed with another secret, and replaces it', async () => {
    const { clock, asked, join } = createFleet();
    const first = Promise.resolve(join().tokens.get(app()));
    await clock.advance(300);
    await first;
    // Another secret also yields other names: nothing is found, and nothing is damaged.
    const rotated = Promise.resolve(join(undefined, 'fedcba9876543210').tokens.get(app()));
    await clock.advance(300);
    expect(valueOf(await rotated)).toBe('token-2');
    expect(asked).toHaveLength(2);
  });
});

describe('a store that fails', () => {
  const broken = (store: TokenStore, changes: Partial<TokenStore>): TokenStore => ({ ...store, ...changes });
  const refused = (): Promise<never> => Promise.reject(new Error('Redis: out of memory'));

  it('that stores nothing fails no request: each process requests its own token', async () => {
    const { clock, asked, store, join } = createFleet();
    const full = broken(store, { set: refused, setIfAbsent: refused });
    const processes = [join(full), join(full)];
    const all = Promise.all(processes.map(async ({ tokens }) => tokens.get(app())));
    await clock.advance(300);
    for (const outcome of await all) expect(outcome.kind).toBe('token');
    expect(asked).toHaveLength(2);
    expect(processes[0]!.heard).toContainEqual(
      expect.objectContaining({ kind: 'failure', operation: 'lock', reason: 'Redis: out of memory' }),
    );
  });

  it('that does not respond delays one request by a quarter of a second, and is used again when it responds', async () => {
    const { clock, asked, store, join } = createFleet();
    let frozen = true;
    const never = (): Promise<never> => new Promise(() => {});
    const freezing: TokenStore = {
      ...store,
      get: (key) => (frozen ? never() : store.get(key)),
      setIfAbsent: (key, value, ttl) => (frozen ? never() : store.setIfAbsent(key, value, ttl)),
      set: (key, value, ttl) => (frozen ? never() : store.set(key, value, ttl)),
      ping: () => (frozen ? never() : store.ping()),
    };
    const { tokens, heard } = join(freezing);
    const pending = Promise.resolve(tokens.get(app()));
    await clock.advance(250);
    expect(asked).toHaveLength(1);
    await clock.advance(200);
    expect(valueOf(await pending)).toBe('token-1');
    expect(heard).toContainEqual({ kind: 'state', ready: false, reason: 'no response within 250 ms' });
    // While the store is silent, another credential does not wait for it at all.
    const other = { clientId: 'other', clientSecret: new Secret('x') };
    void tokens.get(other);
    await clock.advance(0);
    expect(asked).toHaveLength(2);
    frozen = false;
    await clock.advance(1_500);
    expect(heard.at(-1)).toEqual({ kind: 'state', ready: true, reason: undefined });
  });

  it('that has no connection delays nothing', async () => {
    const { clock, asked, store, join } = createFleet();
    void join(broken(store, { isReady: () => false })).tokens.get(app());
    await clock.advance(0);
    expect(asked).toHaveLength(1);
  });
});
