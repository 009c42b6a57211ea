import type { PathKey } from './exact-paths.ts';

/** Lists of items by path and by prefix. */
export interface PathIndex<T> {
  /** Items for exactly that path. */
  exact(path: string): readonly T[];
  /** Yields the items for each prefix of a path, from the shortest prefix to the longest. */
  prefixes(path: string, visit: (things: readonly T[]) => void): void;
}

/** A node of a compressed prefix tree. */
interface Branch<T> {
  /** The part of the prefix between the node above and this one. */
  label: string;
  readonly things: T[];
  readonly below: Map<number, Branch<T>>;
}

/** Adds items in the order of their rank; each list keeps this order. */
export interface PathIndexBuilder<T> extends PathIndex<T> {
  add(key: PathKey, thing: T): void;
}

const none: readonly never[] = Object.freeze([]);

export function createPathIndex<T>(): PathIndexBuilder<T> {
  const byPath = new Map<string, T[]>();
  const root: Branch<T> = createBranch('');
  return {
    add({ kind, path }, thing) {
      if (kind === 'prefix') addLast(insert(root, path).things, thing);
      else {
        const list = byPath.get(path);
        if (list === undefined) byPath.set(path, [thing]);
        else addLast(list, thing);
      }
    },
    exact: (path) => byPath.get(path) ?? none,
    prefixes(path, visit) {
      let branch = root;
      let at = 0;
      for (;;) {
        if (branch.things.length > 0) visit(branch.things);
        const next = at < path.length ? branch.below.get(path.charCodeAt(at)) : undefined;
        if (next === undefined || !path.startsWith(next.label, at)) return;
        at += next.label.length;
        branch = next;
      }
    },
  };
}

const createBranch = <T>(label: string): Branch<T> => ({ label, things: [], below: new Map() });

/** A rule may name a path twice. */
function addLast<T>(list: T[], thing: T): void {
  if (list.at(-1) !== thing) list.push(thing);
}

/** Returns the node for a prefix; creates it if necessary. */
function insert<T>(root: Branch<T>, prefix: string): Branch<T> {
  let branch = root;
  let left = prefix;
  while (left !== '') {
    const first = left.charCodeAt(0);
    const next = branch.below.get(first);
    if (next === undefined) {
      const leaf = createBranch<T>(left);
      branch.below.set(first, leaf);
      return leaf;
    }
    let same = 1;
    while (same < next.label.length && next.label.charCodeAt(same) === left.charCodeAt(same)) same += 1;
    if (same < next.label.length) {
      // The new node above takes the common part; the existing node moves below it.
      const fork = createBranch<T>(next.label.slice(0, same));
      next.label = next.label.slice(same);
      fork.below.set(next.label.charCodeAt(0), next);
      branch.below.set(first, fork);
      branch = fork;
    } else branch = next;
    left = left.slice(same);
  }
  return branch;
}
