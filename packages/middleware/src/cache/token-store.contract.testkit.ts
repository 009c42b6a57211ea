import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../../testkit/src/until.ts';
import type { TokenStore } from './store.ts';

/** Creates stores that share their values, each with its own connection if there are connections. */
export interface StoreHarness {
  /** Creates a store that is ready. */
  open(): Promise<TokenStore>;
  /** Lets a few milliseconds pass by the store's clock. */
  tick(): Promise<void>;
  close(): Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const minuteMs = 60_000;

/** The contract of every store. */
export function describeTokenStore(name: string, start: () => Promise<StoreHarness>): void {
  describe(`${name} as a store of tokens`, () => {
    let harness: StoreHarness;
    let store: TokenStore;
    let other: TokenStore;
    beforeAll(async () => {
      harness = await start();
      store = await harness.open();
      other = await harness.open();
    });
    afterAll(async () => {
      await store.close();
      await other.close();
      await harness.close();
    });

    let keys = 0;
    const freshKey = (): string => `a key {${keys++}} with ünïcode and\nmore`;
    const valueAt = async (key: string): Promise<string | undefined> => {
      const stored = await other.get(key);
      return stored === undefined ? undefined : new TextDecoder().decode(stored.value);
    };

    it('fills a bucket with time, and takes a token for each request of all', async () => {
      const key = freshKey();
      const limits = { perMs: 1 / 3_600_000, size: 3, maxWaitMs: 0 };
      const grants = [];
      for (const one of [store, other, store, other]) grants.push(await one.take(key, limits));
      expect(grants.map(({ granted }) => granted)).toEqual([1, 1, 1, 0]);
      const waits = grants.map(({ waitMs }) => Math.round(waitMs / 60_000));
      expect(waits).toEqual([0, 0, 0, 60]);
      // A refused request takes nothing, and a request that may wait takes the next token.
      expect(await store.take(key, { ...limits, maxWaitMs: 3_700_000 })).toMatchObject({ granted: 1 });
      const { granted, waitMs } = await other.take(key, limits);
      expect([granted, Math.round(waitMs / 60_000)]).toEqual([0, 120]);
      expect(await store.take(freshKey(), limits)).toMatchObject({ granted: 1, waitMs: 0 });
    });

    it('grants slots to all holders together, until one returns them or falls silent', async () => {
      const key = freshKey();
      const demand = { amount: 3, used: 0, more: 1, spare: 0, ttlMs: minuteMs };
      expect(await store.occupy(key, 'one', { ...demand, more: 2 })).toEqual({ granted: 2, spare: 0 });
      expect(await other.occupy(key, 'two', { ...demand, more: 5 })).toEqual({ granted: 1, spare: 0 });
      expect(await store.occupy(key, 'one', { ...demand, used: 2 })).toEqual({ granted: 0, spare: 0 });
      // A repeated message counts once.
      expect(await other.occupy(key, 'two', { ...demand, used: 1 })).toEqual({ granted: 0, spare: 0 });
      expect(await store.occupy(key, 'one', { ...demand, used: 1, more: 0 })).toMatchObject({ granted: 0 });
      expect(await other.occupy(key, 'two', { ...demand, used: 1 })).toMatchObject({ granted: 1 });
      await store.occupy(key, 'one', { ...demand, used: 1, more: 0, ttlMs: 5 });
      await until(async () => {
        await harness.tick();
        return (await other.occupy(key, 'two', { ...demand, used: 2 })).granted === 1;
      });
    });

    it('grants slots for requests to come while half of them are free', async () => {
      const key = freshKey();
      const demand = { amount: 20, used: 0, more: 1, spare: 4, ttlMs: minuteMs };
      expect(await store.occupy(key, 'one', demand)).toEqual({ granted: 1, spare: 4 });
      expect(await other.occupy(key, 'two', demand)).toEqual({ granted: 1, spare: 4 });
      expect(await other.occupy(key, 'two', { ...demand, used: 13 })).toEqual({ granted: 1, spare: 0 });
      expect(await other.occupy(key, 'two', { ...demand, used: 14, more: 9 })).toMatchObject({ granted: 1 });
    });

    it('has nothing under a key that was never set', async () => {
      expect(await store.get(freshKey())).toBeUndefined();
    });

    it('returns a value that another store set, with the remaining time', async () => {
      const key = freshKey();
      await store.set(key, bytes('first'), 2 * minuteMs);
      const stored = await other.get(key);
      expect(stored?.value).toEqual(expect.any(Uint8Array));
      expect(await valueAt(key)).toBe('first');
      expect(stored?.ttlMs).toBeGreaterThan(minuteMs);
      expect(stored?.ttlMs).toBeLessThanOrEqual(2 * minuteMs);
    });

    it('replaces a value and its end', async () => {
      const key = freshKey();
      await store.set(key, bytes('first'), 10 * minuteMs);
      await store.set(key, bytes('second'), minuteMs);
      expect(await valueAt(key)).toBe('second');
      expect((await other.get(key))?.ttlMs).toBeLessThanOrEqual(minuteMs);
    });

    it('stores a copy of any bytes unchanged', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (value) => {
          const key = freshKey();
          const before = Uint8Array.from(value);
          await store.set(key, value, minuteMs);
          value.fill(7);
          const stored = await other.get(key);
          expect(Buffer.compare(stored?.value ?? bytes('nothing'), before)).toBe(0);
          expect(await store.deleteIfEquals(key, before)).toBe(true);
        }),
        { numRuns: 30 },
      );
    });

    it('forgets a value at its end', async () => {
      const [set, absent] = [freshKey(), freshKey()];
      await store.set(set, bytes('short'), 5);
      await store.setIfAbsent(absent, bytes('short'), 5);
      for (const key of [set, absent])
        await until(async () => {
          await harness.tick();
          return (await other.get(key)) === undefined;
        });
      expect(await other.setIfAbsent(set, bytes('next'), minuteMs)).toBe(true);
      expect(await store.extendIfEquals(absent, bytes('short'), minuteMs)).toBe(false);
      expect(await store.deleteIfEquals(absent, bytes('short'))).toBe(false);
    });

    it('sets a value only if there is none', async () => {
      const key = freshKey();
      expect(await store.setIfAbsent(key, bytes('first'), minuteMs)).toBe(true);
      expect(await other.setIfAbsent(key, bytes('second'), 10 * minuteMs)).toBe(false);
      expect(await valueAt(key)).toBe('first');
      expect((await other.get(key))?.ttlMs).toBeLessThanOrEqual(minuteMs);
    });

    it('lets one of many that come at once put its value', async () => {
      const key = freshKey();
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          (index % 2 === 0 ? store : other).setIfAbsent(key, bytes(String(index)), minuteMs),
        ),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await valueAt(key)).toBe(String(outcomes.indexOf(true)));
    });

    it('extends exactly the value that it is shown', async () => {
      const key = freshKey();
      await store.set(key, bytes('mine'), minuteMs);
      expect(await other.extendIfEquals(key, bytes('yours'), 10 * minuteMs)).toBe(false);
      expect((await other.get(key))?.ttlMs).toBeLessThanOrEqual(minuteMs);
      expect(await other.extendIfEquals(key, bytes('mine'), 10 * minuteMs)).toBe(true);
      expect((await store.get(key))?.ttlMs).toBeGreaterThan(9 * minuteMs);
      expect(await valueAt(key)).toBe('mine');
      expect(await store.extendIfEquals(freshKey(), bytes('mine'), minuteMs)).toBe(false);
    });

    it('deletes exactly the value that it is shown, for one of many that come at once', async () => {
      const key = freshKey();
      await store.set(key, bytes('mine'), minuteMs);
      expect(await other.deleteIfEquals(key, bytes('min'))).toBe(false);
      expect(await valueAt(key)).toBe('mine');
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, index) =>
          (index % 2 === 0 ? store : other).deleteIfEquals(key, bytes('mine')),
        ),
      );
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await store.get(key)).toBeUndefined();
    });

    it('is ready and responds to a ping until it is closed', async () => {
      const closing = await harness.open();
      const states: unknown[] = [];
      closing.onStateChange((ready, reason) => states.push([ready, reason]));
      const stop = closing.onStateChange(() => states.push('told after it was stopped'));
      stop();
      expect(closing.isReady()).toBe(true);
      await closing.ping();
      await closing.close();
      await closing.close();
      expect(closing.isReady()).toBe(false);
      expect(states).toEqual([[false, undefined]]);
      await expect(closing.ping()).rejects.toThrow('the store is closed');
      await expect(closing.get('key')).rejects.toThrow('the store is closed');
      await expect(closing.set('key', bytes('value'), 1000)).rejects.toThrow('the store is closed');
    });
  });
}
