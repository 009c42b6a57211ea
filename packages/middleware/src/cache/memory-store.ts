import type { Clock } from '../base/clock.ts';
import { createLru } from '../base/lru.ts';
import { createSlotTable } from './slots.ts';
import type { TokenStore } from './store.ts';
import { createTokenBucket, takeToken, type TokenBucket } from './token-bucket.ts';

/** Options of a store in memory. */
export interface MemoryStoreOptions {
  readonly clock: Clock;
  /** Maximum number of values, evicted least recently used first. Default: 10,000. */
  readonly maxEntries?: number;
  /**
   * Maximum size of keys and values in bytes, evicted in the same way; a larger single value is not stored. Default: 64 MiB.
   */
  readonly maxBytes?: number;
}

/** Maximum number of buckets, evicted least recently used first. */
const maxBuckets = 131_072;

interface MemoryEntry {
  readonly value: Uint8Array;
  /** Clock whose monotonic time determines expiry. */
  readonly endMs: number;
}

/** Creates a store private to this process. It is ready until it is closed, which drops everything. */
export function createMemoryStore(options: MemoryStoreOptions): TokenStore {
  const { clock } = options;
  const entries = createEntries(options);
  const buckets = createLru<string, TokenBucket>(maxBuckets);
  const slots = createSlotTable(clock);
  const listeners = new Set<(ready: boolean, reason: string | undefined) => void>();
  let open = true;

  // Each operation completes before it returns, so operations never interleave.
  const whenOpen = <T>(operation: () => T): Promise<T> =>
    open ? Promise.resolve(operation()) : Promise.reject(new Error('the store is closed'));

  return {
    get: (key) =>
      whenOpen(() => {
        const entry = entries.find(key);
        if (entry === undefined) return undefined;
        return { value: Uint8Array.from(entry.value), ttlMs: entry.endMs - clock.monotonic() };
      }),
    set: (key, value, ttlMs) => whenOpen(() => entries.put(key, value, ttlMs)),
    setIfAbsent: (key, value, ttlMs) =>
      whenOpen(() => {
        if (entries.find(key) !== undefined) return false;
        entries.put(key, value, ttlMs);
        return true;
      }),
    extendIfEquals: (key, value, ttlMs) =>
      whenOpen(() => {
        if (!isSame(entries.find(key), value)) return false;
        entries.put(key, value, ttlMs);
        return true;
      }),
    deleteIfEquals: (key, value) =>
      whenOpen(() => {
        if (!isSame(entries.find(key), value)) return false;
        entries.delete(key);
        return true;
      }),
    take: (key, limits) =>
      whenOpen(() => {
        const now = clock.monotonic();
        let bucket = buckets.get(key);
        if (bucket === undefined) buckets.set(key, (bucket = createTokenBucket(limits, now)));
        return takeToken(bucket, limits, now, true);
      }),
    occupy: (key, holder, demand) => whenOpen(() => slots.occupy(key, holder, demand)),
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
        buckets.clear();
        slots.clear();
        for (const listener of listeners) listener(false, undefined);
      }
      return Promise.resolve();
    },
  };
}

/** Values until they expire or are evicted. */
interface Entries {
  find(key: string): MemoryEntry | undefined;
  put(key: string, value: Uint8Array, ttlMs: number): void;
  delete(key: string): void;
  clear(): void;
}

function createEntries({
  clock,
  maxEntries = 10_000,
  maxBytes = 64 * 1024 * 1024,
}: MemoryStoreOptions): Entries {
  // A Map iterates in insertion order: the first key is the least recently used.
  const entries = new Map<string, MemoryEntry>();
  let bytes = 0;
  const add = (key: string, entry: MemoryEntry): void => {
    entries.set(key, entry);
    bytes += sizeOf(key, entry);
  };
  const remove = (key: string): MemoryEntry | undefined => {
    const entry = entries.get(key);
    if (entry === undefined) return undefined;
    entries.delete(key);
    bytes -= sizeOf(key, entry);
    return entry;
  };
  return {
    find(key) {
      const entry = remove(key);
      if (entry === undefined || entry.endMs <= clock.monotonic()) return undefined;
      add(key, entry);
      return entry;
    },
    put(key, value, ttlMs) {
      remove(key);
      // A copy, so that later changes of the caller's bytes do not affect stored values.
      const entry = { value: Uint8Array.from(value), endMs: clock.monotonic() + ttlMs };
      if (sizeOf(key, entry) > maxBytes) return;
      add(key, entry);
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && bytes <= maxBytes) break;
        remove(oldest);
      }
    },
    delete: (key) => void remove(key),
    clear() {
      entries.clear();
      bytes = 0;
    },
  };
}

const isSame = (entry: MemoryEntry | undefined, other: Uint8Array): boolean =>
  entry !== undefined && Buffer.compare(entry.value, other) === 0;

const sizeOf = (key: string, { value }: MemoryEntry): number => Buffer.byteLength(key) + value.length;
