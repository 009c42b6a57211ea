import type { ApiObject } from './api-object.ts';
import { keyOf } from './api-object.ts';

/** Kept parts of objects, by `namespace/name`. */
export interface Items<T> {
  readonly all: ReadonlyMap<string, T>;
  /** Whether the objects have changed. */
  put(object: ApiObject): boolean;
  remove(key: string): boolean;
  /** Replaces all objects by these. */
  replace(objects: readonly ApiObject[]): boolean;
}

/** @param keep returns the part of an object to keep; undefined: none. A result that equals `before` is no change. */
export function createItems<T>(keep: (object: ApiObject, before: T | undefined) => T | undefined): Items<T> {
  const all = new Map<string, T>();
  const put = (object: ApiObject): boolean => {
    const key = keyOf(object);
    const before = all.get(key);
    const kept = keep(object, before);
    if (kept === undefined) return all.delete(key);
    all.set(key, kept);
    return kept !== before;
  };
  return {
    all,
    put,
    remove: (key) => all.delete(key),
    replace(objects) {
      let changed = false;
      const present = new Set(objects.map(keyOf));
      for (const key of all.keys()) if (!present.has(key)) changed = all.delete(key) || changed;
      for (const object of objects) changed = put(object) || changed;
      return changed;
    },
  };
}
