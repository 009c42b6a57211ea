import type { MatchContext } from './match-context.ts';
import type { PathIndex } from './path-index.ts';
import { createPathIndex } from './path-index.ts';
import type { Rule } from './rule.ts';

/** An entry of a table. */
export interface TableEntry<R> {
  /** Breaks ties between equal priorities: the lower name (by code units) comes first. Traefik's order is random. */
  readonly name: string;
  readonly rule: Rule;
  /** Undefined or 0: the rule's default. Higher comes first. */
  readonly priority: number | undefined;
  readonly route: R;
}

/** The routes of one entry point, evaluated in order of priority. */
export interface Table<R> {
  /** The first route whose rule matches; undefined for none, and when the budget of the context runs out before. */
  match(context: MatchContext): R | undefined;
  /**
   * A table with other entries; this one does not change. The time is proportional to the number of changed hosts, not of all
   * hosts.
   */
  change(change: TableChange<R>): Table<R>;
}

/** Changes of a table; entries are compared by identity. */
export interface TableChange<R> {
  readonly removed: readonly TableEntry<R>[];
  readonly added: readonly TableEntry<R>[];
}

interface RankedRoute<R> {
  readonly entry: TableEntry<R>;
  readonly priority: number;
  readonly evaluate: (context: MatchContext) => boolean;
}

/**
 * Creates a table. Rules that can match only certain hosts or paths are indexed by them. A request is therefore compared only with
 * the rules that its host and path admit, however many others there are.
 */
export function createTable<R>(entries: readonly TableEntry<R>[]): Table<R> {
  return changeTable<R>(new Map(), undefined, { removed: [], added: entries });
}

/** @param byHost the rules for certain hosts; `forAnyHost` has those that other hosts may match too. Neither is modified. */
function changeTable<R>(
  byHost: ReadonlyMap<string, RuleGroup<R>>,
  forAnyHost: RuleGroup<R> | undefined,
  { removed, added }: TableChange<R>,
): Table<R> {
  const gone = new Set(removed);
  /** New contents of each bucket that changes; the bucket for any host has no name. */
  const touched = new Map<string | undefined, RankedRoute<R>[]>();
  const touch = (host: string | undefined, ranked: readonly RankedRoute<R>[]): void => {
    const list = touched.get(host);
    if (list === undefined) touched.set(host, [...ranked]);
    else list.push(...ranked);
  };
  for (const { rule } of removed) for (const host of rule.hosts ?? [undefined]) touch(host, []);
  for (const entry of added) {
    const ranked = [toRanked(entry)];
    for (const host of entry.rule.hosts ?? [undefined]) touch(host, ranked);
  }
  const next = new Map(byHost);
  let any = forAnyHost;
  for (const [host, more] of touched) {
    const before = host === undefined ? forAnyHost : byHost.get(host);
    const all = merge(before?.all.filter(({ entry }) => !gone.has(entry)) ?? [], more.sort(compareRanked));
    const bucket = all.length === 0 ? undefined : createBucket(all);
    if (host === undefined) any = bucket;
    else if (bucket === undefined) next.delete(host);
    else next.set(host, bucket);
  }
  return createMatcher(next, any);
}

function createMatcher<R>(
  byHost: ReadonlyMap<string, RuleGroup<R>>,
  forAnyHost: RuleGroup<R> | undefined,
): Table<R> {
  return {
    match(context) {
      const bucket = byHost.get(context.facts.host);
      const own = bucket === undefined ? undefined : firstInBucket(bucket, context, undefined);
      const found = forAnyHost === undefined ? own : firstInBucket(forAnyHost, context, own);
      // Neither a rule that was not evaluated to its end, nor one after it, may let the request pass.
      return context.exhausted ? undefined : found?.entry.route;
    },
    change: (change) => changeTable(byHost, forAnyHost, change),
  };
}

/** The rules for one host, or for any. */
interface RuleGroup<R> {
  /** In order of priority. */
  readonly all: readonly RankedRoute<R>[];
  /** Rules that are found by path. */
  readonly byPath: PathIndex<RankedRoute<R>> | undefined;
  /** Rules that are evaluated for every path, in order. */
  readonly forAnyPath: readonly RankedRoute<R>[];
}

/** A smaller number of rules is evaluated one by one, which takes less time and memory than an index. */
const indexedFrom = 9;

function createBucket<R>(all: readonly RankedRoute<R>[]): RuleGroup<R> {
  if (all.length < indexedFrom) return { all, byPath: undefined, forAnyPath: all };
  const byPath = createPathIndex<RankedRoute<R>>();
  const forAnyPath: RankedRoute<R>[] = [];
  for (const ranked of all) {
    const { paths } = ranked.entry.rule;
    if (paths === undefined) forAnyPath.push(ranked);
    else for (const key of paths) byPath.add(key, ranked);
  }
  return { all, byPath, forAnyPath };
}

/** The first match of a bucket, or `best` if that precedes it. */
function firstInBucket<R>(
  { byPath, forAnyPath }: RuleGroup<R>,
  context: MatchContext,
  best: RankedRoute<R> | undefined,
): RankedRoute<R> | undefined {
  let found = best;
  if (byPath !== undefined) {
    found = firstOf(byPath.exact(context.path), context, found);
    byPath.prefixes(context.path, (things) => {
      found = firstOf(things, context, found);
    });
  }
  return firstOf(forAnyPath, context, found);
}

function firstOf<R>(
  list: readonly RankedRoute<R>[],
  context: MatchContext,
  best: RankedRoute<R> | undefined,
): RankedRoute<R> | undefined {
  for (const ranked of list) {
    if (best !== undefined && compareRanked(ranked, best) >= 0) return best;
    if (ranked.evaluate(context)) return ranked;
  }
  return best;
}

/** Merges two ordered lists. */
function merge<R>(a: readonly RankedRoute<R>[], b: readonly RankedRoute<R>[]): readonly RankedRoute<R>[] {
  if (a.length === 0) return b;
  const merged: RankedRoute<R>[] = [];
  let at = 0;
  for (const ranked of b) {
    for (let next = a[at]; next !== undefined && compareRanked(next, ranked) < 0; next = a[(at += 1)])
      merged.push(next);
    merged.push(ranked);
  }
  for (; at < a.length; at += 1) merged.push(a[at] as RankedRoute<R>);
  return merged;
}

function compareRanked<R>(a: RankedRoute<R>, b: RankedRoute<R>): number {
  if (a.priority !== b.priority) return b.priority - a.priority;
  const [one, other] = [a.entry.name, b.entry.name];
  return one < other ? -1 : one > other ? 1 : 0;
}

function toRanked<R>(entry: TableEntry<R>): RankedRoute<R> {
  const { priority, rule } = entry;
  return {
    entry,
    priority: priority === undefined || priority === 0 ? rule.defaultPriority : priority,
    evaluate: rule.evaluate,
  };
}
