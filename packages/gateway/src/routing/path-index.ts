import type { PathKey } from './exact-paths.ts';

/** Lists of things by the paths that they are for. */
export interface PathIndex<T> {
  /** The things for exactly that path. */
  exact(path: string): readonly T[];
  /** Hands out, from the shortest to the longest, the things for each prefix of a path. */
  prefixes(path: string, visit: (things: readonly T[]) => void): void;
}

/** A node of a compressed prefix tree. */
interface Branch<T> {
  /** The part of the prefix between the node above and this one. */
  label: string;
  readonly things: T[];
  readonly below: Map<number, Branch<T>>;
}

/** Adds things in the order of their rank: each list keeps it. */
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

/** A rule may name one path twice. */
function addLast<T>(list: T[], thing: T): void {
  if (list.at(-1) !== thing) list.push(thing);
}

/** The node for a prefix, made where there is none. */
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
      // The node above takes the part in common; what was there goes below it.
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
