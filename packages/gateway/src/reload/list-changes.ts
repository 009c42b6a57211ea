/** Difference between a list and its previous version. Items are compared by identity. */
export interface ListChanges<T> {
  readonly removed: readonly T[];
  readonly added: readonly T[];
  /** Numbers of common items at the beginning and at the end. */
  readonly start: number;
  readonly end: number;
  /** Index of an item in the previous list, if only the middle was changed; -1: the index must be searched. */
  readonly placeBefore: (index: number) => number;
}

/**
 * Skips common items at the beginning and at the end; when one of many items has changed, that is nearly the whole list. No item
 * occurs twice in a list.
 */
export function findChanges<T>(before: readonly T[], after: readonly T[]): ListChanges<T> {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < shorter - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  const old = before.slice(start, before.length - end);
  const now = after.slice(start, after.length - end);
  const [isOld, isNow] = [new Set(old), new Set(now)];
  const [endsAt, shift] = [after.length - end, before.length - after.length];
  return {
    removed: old.filter((item) => !isNow.has(item)),
    added: now.filter((item) => !isOld.has(item)),
    start,
    end,
    placeBefore: (index) => (index < start ? index : index >= endsAt ? index + shift : -1),
  };
}

/** Returns the previous list when both have the same items in the same order, so that derived values remain valid. */
export function keepList<T>(before: readonly T[], after: readonly T[]): readonly T[] {
  if (before.length !== after.length) return after;
  for (const [index, item] of after.entries()) if (before[index] !== item) return after;
  return before;
}

/** The same for a map: the same entries in the same order. */
export function keepMap<K, V>(
  before: ReadonlyMap<K, V> | undefined,
  after: ReadonlyMap<K, V>,
): ReadonlyMap<K, V> {
  if (before === undefined || before.size !== after.size) return after;
  const entries = before.entries();
  for (const [key, value] of after) {
    const [keyBefore, valueBefore] = entries.next().value ?? [];
    if (keyBefore !== key || valueBefore !== value) return after;
  }
  return before;
}
