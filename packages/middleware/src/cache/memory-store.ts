import type { Clock } from '../base/clock.ts';
import { createLru } from '../base/lru.ts';
import type { TokenStore } from './store.ts';

/** What a store in memory is made of. */
export interface MemoryStoreOptions {
  readonly clock: Clock;
  /** Values that are kept at most; what was used longest ago gives way. Default: 10,000. */
  readonly maxEntries?: number;
}

interface Entry {
  readonly value: Uint8Array;
  /** On the clock's monotonic time. */
  readonly endMs: number;
}

/** Creates a store that this process shares with nobody. It is ready until it is closed, and forgets everything then. */
export function createMemoryStore({ clock, maxEntries = 10_000 }: MemoryStoreOptions): TokenStore {
  const entries = createLru<string, Entry>(maxEntries);
  const listeners = new Set<(ready: boolean, reason: string | undefined) => void>();
  let open = true;

  const find = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry === undefined || entry.endMs > clock.monotonic()) return entry;
    entries.delete(key);
    return undefined;
  };
  const put = (key: string, value: Uint8Array, ttlMs: number): void =>
    // A copy: what the caller does to its bytes afterwards is not seen by others.
    entries.set(key, { value: Uint8Array.from(value), endMs: clock.monotonic() + ttlMs });
  const holds = (key: string, value: Uint8Array): boolean => {
    const entry = find(key);
    return entry !== undefined && Buffer.compare(entry.value, value) === 0;
  };
  // Each operation is done before it returns, so that none can come between its steps.
  const whenOpen = <T>(operation: () => T): Promise<T> =>
    open ? Promise.resolve(operation()) : Promise.reject(new Error('the store is closed'));

  return {
    get: (key) =>
      whenOpen(() => {
        const entry = find(key);
        if (entry === undefined) return undefined;
        return { value: Uint8Array.from(entry.value), ttlMs: entry.endMs - clock.monotonic() };
      }),
    set: (key, value, ttlMs) => whenOpen(() => put(key, value, ttlMs)),
    setIfAbsent: (key, value, ttlMs) =>
      whenOpen(() => {
        if (find(key) !== undefined) return false;
        put(key, value, ttlMs);
        return true;
      }),
    extendIfEquals: (key, value, ttlMs) =>
      whenOpen(() => {
        if (!holds(key, value)) return false;
        put(key, value, ttlMs);
        return true;
      }),
    deleteIfEquals: (key, value) => whenOpen(() => holds(key, value) && entries.delete(key)),
    isReady: () => open,
    ping: () => whenOpen(() => undefined),
    onStateChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    close() {
      if (open) {
        open = false;
        entries.clear();
        for (const listener of listeners) listener(false, undefined);
      }
      return Promise.resolve();
    },
  };
}
