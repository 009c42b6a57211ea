/** How a list that is mostly the one before differs from it; items are told apart by being the same object. */
export interface ListChanges<T> {
  readonly removed: readonly T[];
  readonly added: readonly T[];
  /** Where an item of the list stood before, when nothing but what is in between was changed; -1: it is to be looked for. */
  readonly placeBefore: (index: number) => number;
}

/**
 * What is in common at the beginning and at the end is passed over without being looked up, which is nearly everything when one
 * item of many has changed. No item stands in a list twice.
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
    placeBefore: (index) => (index < start ? index : index >= endsAt ? index + shift : -1),
  };
}
