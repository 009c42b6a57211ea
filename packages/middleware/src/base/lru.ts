/** A bounded map that keeps the most recently used values. */
export interface Lru<K, V> {
  /** Returns the value and makes it the most recently used. */
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  delete(key: K): boolean;
  /** Deletes every entry whose value matches, and returns their number; takes time proportional to the size. */
  deleteWhere(fits: (value: V) => boolean): number;
  /** Visits every value, least recently used first, without marking any as used. */
  forEach(show: (value: V) => void): void;
  clear(): void;
  readonly size: number;
}

/** Creates an LRU of `maxEntries` (1 and up) entries; `get`, `set` and `delete` take constant time. */
export function createLru<K, V>(maxEntries: number): Lru<K, V> {
  if (!Number.isInteger(maxEntries) || maxEntries < 1)
    throw new RangeError('maxEntries: expected a whole number of 1 or more');
  // A Map iterates in insertion order: the first key is the least recently used.
  const entries = new Map<K, V>();
  let newest: K | undefined;
  return {
    get(key) {
      const value = entries.get(key);
      if (value !== undefined && key !== newest) {
        entries.delete(key);
        entries.set(key, value);
        newest = key;
      }
      return value;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      newest = key;
      if (entries.size > maxEntries) {
        const oldest = entries.keys().next();
        if (oldest.done !== true) entries.delete(oldest.value);
      }
    },
    delete(key) {
      // A key may be a secret, so a deleted entry is dropped completely.
      if (key === newest) newest = undefined;
      return entries.delete(key);
    },
    deleteWhere(fits) {
      newest = undefined;
      const before = entries.size;
      for (const [key, value] of entries) if (fits(value)) entries.delete(key);
      return before - entries.size;
    },
    forEach(show) {
      for (const value of entries.values()) show(value);
    },
    clear() {
      newest = undefined;
      entries.clear();
    },
    get size() {
      return entries.size;
    },
  };
}
