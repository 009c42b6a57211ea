import type { Clock } from '../base/clock.ts';
import type { TokenStore } from './store.ts';

/** What a store in memory is made of. */
export interface MemoryStoreOptions {
  readonly clock: Clock;
  /** Values that are kept at most; what was used longest ago gives way. Default: 10,000. */
  readonly maxEntries?: number;
  /** Bytes of keys and values that are kept at most, in the same way; a value that is larger by itself is not kept. Default: 64 MiB. */
  readonly maxBytes?: number;
}

interface Entry {
  readonly value: Uint8Array;
  /** On the clock's monotonic time. */
  readonly endMs: number;
}

/** Creates a store that this process shares with nobody. It is ready until it is closed, and forgets everything then. */
export function createMemoryStore(options: MemoryStoreOptions): TokenStore {
  const { clock, maxEntries = 10_000, maxBytes = 64 * 1024 * 1024 } = options;
  // A Map iterates in order of insertion: the first key is the one that was used longest ago.
  const entries = new Map<string, Entry>();
  let bytes = 0;
  const listeners = new Set<(ready: boolean, reason: string | undefined) => void>();
  let open = true;

  const find = (key: string): Entry | undefined => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    remove(key, entry);
    if (entry.endMs <= clock.monotonic()) return undefined;
    add(key, entry);
    return entry;
  };
  const add = (key: string, entry: Entry): void => {
    entries.set(key, entry);
    bytes += sizeOf(key, entry);
  };
  const remove = (key: string, entry: Entry): void => {
    entries.delete(key);
    bytes -= sizeOf(key, entry);
  };
  const put = (key: string, value: Uint8Array, ttlMs: number): void => {
    const before = entries.get(key);
    if (before !== undefined) remove(key, before);
    // A copy: what the caller does to its bytes afterwards is not seen by others.
    const entry = { value: Uint8Array.from(value), endMs: clock.monotonic() + ttlMs };
    if (sizeOf(key, entry) > maxBytes) return;
    add(key, entry);
    for (const [oldest, itsEntry] of entries) {
      if (entries.size <= maxEntries && bytes <= maxBytes) break;
      remove(oldest, itsEntry);
    }
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
        const entry = find(key);
        if (entry === undefined || !isSame(entry, value)) return false;
        put(key, value, ttlMs);
        return true;
      }),
    deleteIfEquals: (key, value) =>
      whenOpen(() => {
        const entry = find(key);
        if (entry === undefined || !isSame(entry, value)) return false;
        remove(key, entry);
        return true;
      }),
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
        bytes = 0;
        for (const listener of listeners) listener(false, undefined);
      }
      return Promise.resolve();
    },
  };
}

const isSame = ({ value }: Entry, other: Uint8Array): boolean => Buffer.compare(value, other) === 0;

const sizeOf = (key: string, { value }: Entry): number => Buffer.byteLength(key) + value.length;
