import { findChanges } from '../config/list-changes.ts';
import type { TableEntry } from '../routing/table.ts';
import type { Upstreams } from '../upstream/create-upstream.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { PreparedRouter } from './prepared.ts';
import type { Guard, Route } from './snapshot.ts';

/** What routes are made of, by qualified name. */
export interface RouteParts {
  readonly guards: ReadonlyMap<string, Guard>;
  readonly upstreams: Pick<Upstreams, 'get' | 'changed'>;
}

/** A router with its entry in a routing table. */
export interface PlacedRoute {
  readonly router: PreparedRouter;
  readonly entry: TableEntry<Route>;
}

interface Made extends PlacedRoute {
  readonly upstream: Upstream | undefined;
}

/** Routes of one configuration after the other: one whose parts are the same is the same object. */
export function createRoutes(): (
  routers: readonly PreparedRouter[],
  parts: RouteParts,
) => readonly PlacedRoute[] {
  const made = new WeakMap<PreparedRouter, Made>();
  let before: { readonly routers: readonly PreparedRouter[]; readonly routes: readonly PlacedRoute[] } = {
    routers: [],
    routes: [],
  };
  let guardsBefore: readonly Guard[] = [];
  const make = (router: PreparedRouter, { guards, upstreams }: RouteParts): PlacedRoute => {
    const upstream = upstreams.get(router.config.service);
    const known = made.get(router);
    if (known !== undefined && known.upstream === upstream && hasGuards(known, guards)) return known;
    const now = { router, entry: toEntry(router, guards, upstream), upstream };
    made.set(router, now);
    return now;
  };
  return (routers, parts) => {
    const guards = [...parts.guards.values()];
    const others = findChanges(guardsBefore, guards);
    const changed = new Set(parts.upstreams.changed);
    for (const { name } of [...others.removed, ...others.added]) changed.add(name);
    const { placeBefore } = findChanges(before.routers, routers);
    const routes = routers.map((router, index) => {
      const known = before.routes[placeBefore(index)];
      return known === undefined || isTouched(router, changed) ? make(router, parts) : known;
    });
    before = { routers, routes };
    guardsBefore = guards;
    return routes;
  };
}

const isTouched = ({ config, guards }: PreparedRouter, changed: ReadonlySet<string>): boolean =>
  changed.size > 0 && (changed.has(config.service) || guards.some((name) => changed.has(name)));

function hasGuards({ router, entry }: PlacedRoute, guards: RouteParts['guards']): boolean {
  let at = 0;
  for (const name of router.guards) {
    const guard = guards.get(name);
    if (guard === undefined) continue;
    if (entry.route.guards[at] !== guard) return false;
    at += 1;
  }
  return at === entry.route.guards.length;
}

const unavailable: Upstream = Object.freeze({ pick: () => undefined });

function toEntry(
  { config, rule, guards: names, broken }: PreparedRouter,
  guards: RouteParts['guards'],
  upstream: Upstream | undefined,
): TableEntry<Route> {
  const found = names.flatMap((name) => guards.get(name) ?? []);
  const incomplete = found.length < names.length || upstream === undefined;
  return {
    name: config.name,
    rule,
    priority: config.priority,
    route: Object.freeze({
      routerName: config.name,
      serviceName: config.service,
      guards: Object.freeze(found),
      upstream: upstream ?? unavailable,
      // Prepared routers say so themselves; a route that is missing a guard must not open for any other reason either.
      broken: broken ?? (incomplete ? 'a part of it is missing' : undefined),
    }),
  };
}
