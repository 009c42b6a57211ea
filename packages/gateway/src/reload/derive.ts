import { findChanges, keepList } from './list-changes.ts';

/** Maps by name in which derivations look up their dependencies. */
export type NameMaps = { readonly [K in string]: ReadonlyMap<string, unknown> };

type ValueOf<M> = M extends ReadonlyMap<string, infer V> ? V : never;

/** Looks something up by name. The result is recorded: when it changes, the derived value is computed again. */
export type LookUp<S> = <K extends keyof S & string>(kind: K, name: string) => ValueOf<S[K]> | undefined;

/** Derives a result from an item and its look-ups. @param before the last result for the same item, parts of which may be reused. */
export type DeriveOne<T, S, R> = (item: T, lookUp: LookUp<S>, before: R | undefined) => R;

interface Dependency<S> {
  readonly kind: keyof S & string;
  readonly name: string;
  readonly found: unknown;
}

interface Derivation<S, R> {
  readonly result: R;
  readonly seen: readonly Dependency<S>[];
}

/**
 * Derives successive lists. The result of an unchanged item with unchanged look-ups is kept. If all results are unchanged, so is the
 * list. When little has changed, the work is proportional to the change.
 */
export function createDerive<T extends object, S extends NameMaps, R>(
  derive: DeriveOne<T, S, R>,
): (items: readonly T[], surroundings: S) => readonly R[] {
  const known = new WeakMap<T, Derivation<S, R>>();
  let before: PreviousResults<T, S, R> = { items: [], derived: [], results: [], surroundings: undefined };
  const find = (item: T, surroundings: S): Derivation<S, R> => {
    const last = known.get(item);
    if (last !== undefined && isCurrent(last, surroundings)) return last;
    const seen: Dependency<S>[] = [];
    const lookUp = ((kind: keyof S & string, name: string) => {
      const found = surroundings[kind]?.get(name);
      seen.push({ kind, name, found });
      return found;
      // The key determines the type of the map.
    }) as LookUp<S>;
    const now: Derivation<S, R> = { result: derive(item, lookUp, last?.result), seen };
    known.set(item, now);
    return now;
  };
  return (items, surroundings) => {
    const isTouched = compare(before.surroundings, surroundings);
    const { placeBefore } = findChanges(before.items, items);
    const derived = items.map((item, index) => {
      const last = before.derived[placeBefore(index)];
      return last === undefined || isTouched(last) ? find(item, surroundings) : last;
    });
    const results = keepList(
      before.results,
      derived.map(({ result }) => result),
    );
    before = { items, derived, results, surroundings };
    return results;
  };
}

/** The same for items without dependencies. */
export function createMapAgain<T extends object, R>(
  map: (item: T) => R,
): (items: readonly T[]) => readonly R[] {
  const derive = createDerive<T, Record<string, never>, R>((item) => map(item));
  return (items) => derive(items, {});
}

interface PreviousResults<T, S, R> {
  readonly items: readonly T[];
  readonly derived: readonly Derivation<S, R>[];
  readonly results: readonly R[];
  readonly surroundings: S | undefined;
}

function isCurrent<S extends NameMaps>({ seen }: Derivation<S, unknown>, surroundings: S): boolean {
  for (const { kind, name, found } of seen) if (surroundings[kind]?.get(name) !== found) return false;
  return true;
}

/** Checks whether a look-up that a result depends on has changed. */
function compare<S extends NameMaps>(
  before: S | undefined,
  after: S,
): (derived: Derivation<S, unknown>) => boolean {
  const changed = new Map<string, ReadonlySet<string>>();
  for (const [kind, map] of Object.entries(after)) {
    const names = findChangedNames(before?.[kind], map);
    if (names.size > 0) changed.set(kind, names);
  }
  if (changed.size === 0) return () => false;
  return ({ seen }) => {
    for (const { kind, name } of seen) if (changed.get(kind)?.has(name) === true) return true;
    return false;
  };
}

/** Names whose value has changed or been removed. */
function findChangedNames(
  before: ReadonlyMap<string, unknown> | undefined,
  after: ReadonlyMap<string, unknown>,
): ReadonlySet<string> {
  const changed = new Set<string>();
  if (before === after) return changed;
  for (const [name, value] of after) if (before?.get(name) !== value) changed.add(name);
  for (const name of before?.keys() ?? []) if (!after.has(name)) changed.add(name);
  return changed;
}
