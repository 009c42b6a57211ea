import type { RequestFacts } from './facts.ts';
import type { MatchContext } from './match-context.ts';
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
 * Creates a table. Rules that can match certain hosts only are found by the request's host, so that a request is
 * compared with the rules for its own host and those for any, however many others there are.
 */
export function createTable<R>(entries: readonly TableEntry<R>[]): Table<R> {
  const byHost = new Map<string, Ranked<R>[]>();
  const forAnyHost: Ranked<R>[] = [];
  [...entries].sort(compareEntries).forEach(({ rule, route }, rank) => {
    const ranked = { rank, evaluate: rule.evaluate, route };
    if (rule.hosts === undefined) {
      forAnyHost.push(ranked);
      return;
    }
    for (const host of rule.hosts) {
      const bucket = byHost.get(host);
      if (bucket === undefined) byHost.set(host, [ranked]);
      else bucket.push(ranked);
    }
  });
  return {
    match(facts) {
      const path = toRoutingPath(facts.path);
      if (path === undefined) return undefined;
      return firstMatch(byHost.get(facts.host) ?? [], forAnyHost, { facts, path });
    },
  };
}

/** Walks two lists, each in order of rank, as if they were one. */
function firstMatch<R>(
  left: readonly Ranked<R>[],
  right: readonly Ranked<R>[],
  context: MatchContext,
): R | undefined {
  let l = 0;
  let r = 0;
  for (;;) {
    const fromLeft = left[l];
    const fromRight = right[r];
    const next =
      fromRight === undefined || (fromLeft !== undefined && fromLeft.rank < fromRight.rank)
        ? fromLeft
        : fromRight;
    if (next === undefined) return undefined;
    if (next.evaluate(context)) return next.route;
    if (next === fromLeft) l += 1;
    else r += 1;
  }
}

function compareEntries<R>(a: TableEntry<R>, b: TableEntry<R>): number {
  const byPriority = priorityOf(b) - priorityOf(a);
  if (byPriority !== 0) return byPriority;
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

function priorityOf<R>({ priority, rule }: TableEntry<R>): number {
  return priority === undefined || priority === 0 ? rule.defaultPriority : priority;
}
