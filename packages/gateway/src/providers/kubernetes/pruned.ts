import { isMapping, valueAt } from '../../config/path.ts';
import type { Path } from '../../config/path.ts';

const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Fields of `spec` that were applied, but dropped by the API server because a definition does not declare them: those that
 * `kubectl apply` has recorded and the object lacks. A missing field with a known name was removed on purpose. `metadata.managedFields` is
 * read too, but kube-apiserver omits dropped fields there (observed with 1.36). After `kubectl create`, or an apply by a tool
 * that records nothing, nothing is found, and only the admission policy `open-routes` protects routes.
 */
export function findPruned(raw: unknown, isKnown: (name: string) => boolean): readonly Path[] {
  const live = valueAt(raw, ['spec']);
  const found = new Map<string, Path>();
  const add = (path: Path): void => void found.set(JSON.stringify(path), path);
  compareApplied(readApplied(raw), live, ['spec'], isKnown, add);
  const managers = valueAt(raw, ['metadata', 'managedFields']);
  for (const manager of Array.isArray(managers) ? managers : [])
    compareManaged(valueAt(manager, ['fieldsV1', 'f:spec']), live, ['spec'], isKnown, add);
  return [...found.values()];
}

function readApplied(raw: unknown): unknown {
  const text = valueAt(raw, ['metadata', 'annotations', lastApplied]);
  if (typeof text !== 'string') return undefined;
  try {
    return valueAt(JSON.parse(text), ['spec']);
  } catch {
    return undefined;
  }
}

/** Fields with user-defined names inside. */
const userNames: ReadonlySet<string> = new Set(['headers']);

type NamePredicate = (name: string) => boolean;
type Add = (path: Path) => void;

function compareApplied(applied: unknown, live: unknown, path: Path, isKnown: NamePredicate, add: Add): void {
  if (Array.isArray(applied) && Array.isArray(live)) {
    for (const [index, item] of applied.entries()) {
      const at = findSame(item, live, applied.length === live.length ? index : undefined);
      if (at !== undefined) compareApplied(item, live[at], [...path, at], isKnown, add);
    }
  } else if (isMapping(applied) && isMapping(live))
    for (const [name, value] of Object.entries(applied)) {
      if (userNames.has(name)) continue;
      if (Object.hasOwn(live, name)) compareApplied(value, live[name], [...path, name], isKnown, add);
      else if (!isKnown(name)) add([...path, name]);
    }
}

/** The current item for an applied one: the item at its index or, if the list has changed, the route or object of its name. */
function findSame(item: unknown, live: readonly unknown[], index: number | undefined): number | undefined {
  if (index !== undefined) return index;
  for (const name of ['match', 'name']) {
    const value = valueAt(item, [name]);
    const at = value === undefined ? -1 : live.findIndex((other) => valueAt(other, [name]) === value);
    if (at !== -1) return at;
  }
  return undefined;
}

/** `f:NAME` represents a field; other keys represent items of lists and sets. */
function compareManaged(fields: unknown, live: unknown, path: Path, isKnown: NamePredicate, add: Add): void {
  if (!isMapping(fields) || !isMapping(live)) return;
  for (const [key, inner] of Object.entries(fields)) {
    if (!key.startsWith('f:')) continue;
    const name = key.slice(2);
    if (userNames.has(name)) continue;
    if (Object.hasOwn(live, name)) compareManaged(inner, live[name], [...path, name], isKnown, add);
    else if (!isKnown(name)) add([...path, name]);
  }
}
