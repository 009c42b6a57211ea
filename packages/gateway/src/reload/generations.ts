import { findChanges } from './list-changes.ts';
import type { Use } from './shared-resources.ts';

/**
 * Resources of successive configurations. An unchanged resource is kept; a removed one is released when the last
 * configuration that uses it is closed, in any order.
 */
export interface Generations<K extends object, T> {
  /** Starts the next configuration; each key occurs once. `acquire` is called for keys that are new in it. */
  open(keys: readonly K[], acquire: (key: K) => Use<T>): Generation<K, T>;
}

/** The resources of one configuration. */
export interface Generation<K extends object, T> {
  get(key: K): T | undefined;
  /** Keys that were added since the previous configuration, and keys that were removed. */
  readonly changed: readonly K[];
  /** Idempotent. Keeps only the resources that are yet to be released in memory. */
  readonly close: () => Promise<void>;
}

interface ResourceUse<T> {
  readonly use: Use<T>;
  /** Number of the first configuration that has the resource. */
  readonly since: number;
  /** Number of the first configuration that lacks it. */
  until: number;
}

export function createSuccession<K extends object, T>(): Generations<K, T> {
  let keys: readonly K[] = [];
  let current = new Map<K, ResourceUse<T>>();
  let count = 0;
  /** Numbers of the configurations that are open. */
  const open = new Set<number>();
  /** Resources that the current configuration no longer has, but an older open one may have. */
  let leaving: readonly ResourceUse<T>[] = [];

  const leave = (gone: readonly ResourceUse<T>[]): void => {
    for (const held of gone) held.until = count;
    if (gone.length > 0) leaving = [...leaving, ...gone];
  };
  const isNeeded = ({ since, until }: ResourceUse<T>): boolean => {
    for (const number of open) if (number >= since && number < until) return true;
    return false;
  };
  const close = async (number: number): Promise<void> => {
    open.delete(number);
    if (number === count) {
      count += 1;
      leave([...current.values()]);
      keys = [];
      current = new Map();
    }
    const free = leaving.filter((held) => !isNeeded(held));
    if (free.length === 0) return;
    leaving = leaving.filter(isNeeded);
    await Promise.all(free.map(({ use }) => use.release()));
  };
  const createClose = (number: number): (() => Promise<void>) => {
    let closing: Promise<void> | undefined;
    return () => (closing ??= close(number));
  };
  return {
    open(wanted, acquire) {
      const { removed, added } = findChanges(keys, wanted);
      const number = count + 1;
      const changed = [...removed, ...added];
      const next = changed.length === 0 ? current : new Map(current);
      for (const key of added) next.set(key, { use: acquire(key), since: number, until: Infinity });
      count = number;
      open.add(number);
      leave(removed.flatMap((key) => next.get(key) ?? []));
      for (const key of removed) next.delete(key);
      keys = wanted;
      current = next;
      return { get: (key) => next.get(key)?.use.value, changed, close: createClose(number) };
    },
  };
}
