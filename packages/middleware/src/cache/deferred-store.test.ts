import { describe, expect, it } from 'vitest';
import { createFakeClock } from '../../../testkit/src/fake-clock.ts';
import { createDeferredStore } from './deferred-store.ts';
import { createMemoryStore } from './memory-store.ts';
import type { TokenStore } from './store.ts';

/** A store that is loaded on the test's command. */
function defer() {
  let resolve: (store: TokenStore) => void = () => {};
  let reject: (error: Error) => void = () => {};
  const promise = new Promise<TokenStore>((...settle) => ([resolve, reject] = settle));
  const states: (readonly [boolean, string | undefined])[] = [];
  const store = createDeferredStore(() => promise);
  const stop = store.onStateChange((...state) => states.push(state));
  return { store, stop, states, resolve, reject };
}

/** A store that becomes ready, or not, on the test's command. */
function createSwitched() {
  const listeners = new Set<(ready: boolean, reason: string | undefined) => void>();
  const memory = createMemoryStore({ clock: createFakeClock() });
  let isReady = false;
  let isClosed = false;
  const store: TokenStore = {
    ...memory,
    isReady: () => isReady,
    onStateChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      isClosed = true;
    },
  };
  const turn = (ready: boolean): void => {
    isReady = ready;
    for (const listener of listeners) listener(ready, undefined);
  };
  return { store, turn, listeners, isClosed: () => isClosed };
}

describe('a store whose code is still being loaded', () => {
  it('is not ready until the store is, and then is that store', async () => {
    const { store, stop, states, resolve } = defer();
    const inner = createSwitched();
    expect(store.isReady()).toBe(false);
    resolve(inner.store);
    await expect.poll(() => inner.listeners.size).toBe(1);
    expect(store.isReady()).toBe(false);
    inner.turn(true);
    expect(store.isReady()).toBe(true);
    expect(states).toEqual([[true, undefined]]);
    const bytes = Uint8Array.of(120);
    expect(await store.setIfAbsent('a', bytes, 1000)).toBe(true);
    expect((await store.get('a'))?.value).toEqual(bytes);
    expect(await store.extendIfEquals('a', bytes, 1000)).toBe(true);
    expect(await store.deleteIfEquals('a', bytes)).toBe(true);
    stop();
    inner.turn(false);
    expect(states).toHaveLength(1);
  });

  it('passes listeners on, except those removed before', async () => {
    const { store, stop, states, resolve } = defer();
    stop();
    const inner = createSwitched();
    resolve(inner.store);
    await store.ping();
    const later: boolean[] = [];
    const stopLater = store.onStateChange((ready) => later.push(ready));
    inner.turn(true);
    stopLater();
    inner.turn(false);
    expect([states, later]).toEqual([[], [true]]);
  });

  it('closes a store that is loaded after the close', async () => {
    const { store, resolve } = defer();
    const closed = store.close();
    const inner = createSwitched();
    resolve(inner.store);
    await closed;
    expect(inner.isClosed()).toBe(true);
  });

  it('reports why it cannot be loaded, and is never ready', async () => {
    const { store, states, reject } = defer();
    reject(new Error('no such file'));
    await expect(store.get('a')).rejects.toThrow('no such file');
    expect(states).toEqual([[false, 'no such file']]);
    expect(store.isReady()).toBe(false);
    await store.close();
  });
});
