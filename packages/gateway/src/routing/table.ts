import type { RequestFacts } from './facts.ts';
import type { MatchContext } from './match-context.ts';
import type { PathIndexBuilder } from './path-index.ts';
import { createPathIndex } from './path-index.ts';
import { toRoutingPath } from './request-path.ts';
import type { Rule } from './rule.ts';

/** What a table is made of. */
export interface TableEntry<R> {
  /** Breaks ties between equal priorities: the lower name (by code units) comes first. Traefik leaves these to chance. */
  readonly name: string;
  readonly rule: Rule;
  /** Undefined or 0: the rule's own. Higher comes first. */
  readonly priority: number | undefined;
  readonly route: R;
}

/** The routes of one entry point, asked in order of priority. */
export interface Table<R> {
  /** The first route whose rule matches; undefined for none, and for a path that no server should act on. */
  match(facts: RequestFacts): R | undefined;
}

interface Ranked<R> {
  readonly rank: number;
  readonly evaluate: (context: MatchContext) => boolean;
  readonly route: R;
}

/**
 * Creates a table. Rules that can match certain hosts or paths only are found by the request's, so that a request is compared
 * with the rules that its host and path leave, however many others there are.
 */
export function createTable<R>(entries: readonly TableEntry<R>[]): Table<R> {
  const byHost = new Map<string, Bucket<R>>();
  const forAnyHost = createBucket<R>();
  [...entries].sort(compareEntries).forEach(({ rule, route }, rank) => {
    const ranked = { rank, evaluate: rule.evaluate, route };
    if (rule.hosts === undefined) {
      forAnyHost.pending.push({ rule, ranked });
      return;
    }
    for (const host of rule.hosts) {
      let bucket = byHost.get(host);
      if (bucket === undefined) byHost.set(host, (bucket = createBucket()));
      bucket.pending.push({ rule, ranked });
    }
  });
  for (const bucket of [forAnyHost, ...byHost.values()]) finishBucket(bucket);
  return {
    match(facts) {
      const path = toRoutingPath(facts.path);
      if (path === undefined) return undefined;
      const context = { facts, path };
      const bucket = byHost.get(facts.host);
      const own = bucket === undefined ? undefined : firstInBucket(bucket, context, undefined);
      return firstInBucket(forAnyHost, context, own)?.route;
    },
  };
}

/** The rules for one host, or for any. */
interface Bucket<R> {
  /** Those that are found by path. */
  byPath: PathIndexBuilder<Ranked<R>> | undefined;
  /** Those that are asked about every path, in order of rank. */
  forAnyPath: Ranked<R>[];
  pending: { readonly rule: Rule; readonly ranked: Ranked<R> }[];
}

/** Fewer rules are asked one by one: that takes less time than to find them, and less memory. */
const indexedFrom = 9;

const createBucket = <R>(): Bucket<R> => ({ byPath: undefined, forAnyPath: [], pending: [] });

function finishBucket<R>(bucket: Bucket<R>): void {
  const { pending } = bucket;
  const byPath = pending.length < indexedFrom ? undefined : createPathIndex<Ranked<R>>();
  for (const { rule, ranked } of pending) {
    if (byPath === undefined || rule.paths === undefined) bucket.forAnyPath.push(ranked);
    else for (const key of rule.paths) byPath.add(key, ranked);
  }
  bucket.byPath = byPath;
  bucket.pending = [];
}

/** The first by rank of those in a bucket that match, and `best`. */
function firstInBucket<R>(
  { byPath, forAnyPath }: Bucket<R>,
  context: MatchContext,
  best: Ranked<R> | undefined,
): Ranked<R> | undefined {
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
  list: readonly Ranked<R>[],
  context: MatchContext,
  best: Ranked<R> | undefined,
): Ranked<R> | undefined {
  for (const ranked of list) {
    if (best !== undefined && ranked.rank >= best.rank) return best;
    if (ranked.evaluate(context)) return ranked;
  }
  return best;
}

function compareEntries<R>(a: TableEntry<R>, b: TableEntry<R>): number {
  const byPriority = priorityOf(b) - priorityOf(a);
  if (byPriority !== 0) return byPriority;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function priorityOf<R>({ priority, rule }: TableEntry<R>): number {
  return priority === undefined || priority === 0 ? rule.defaultPriority : priority;
}
