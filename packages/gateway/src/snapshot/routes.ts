import { findChanges } from '../reload/list-changes.ts';
import type { TableEntry } from '../routing/table.ts';
import type { Upstreams } from '../upstream/create-upstream.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { PreparedRouter } from './prepared.ts';
import type { Step } from '../middlewares/step.ts';
import type { Route } from './snapshot.ts';

/** What routes are made of, by qualified name. */
export interface RouteParts {
  readonly steps: ReadonlyMap<string, Step>;
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
  let stepsBefore: readonly Step[] = [];
  const make = (router: PreparedRouter, { steps, upstreams }: RouteParts): PlacedRoute => {
    const upstream = upstreams.get(router.config.service);
    const known = made.get(router);
    if (known !== undefined && known.upstream === upstream && hasSteps(known, steps)) return known;
    const now = { router, entry: toEntry(router, steps, upstream), upstream };
    made.set(router, now);
    return now;
  };
  return (routers, parts) => {
    const steps = [...parts.steps.values()];
    const others = findChanges(stepsBefore, steps);
    const changed = new Set(parts.upstreams.changed);
    for (const { name } of [...others.removed, ...others.added]) changed.add(name);
    const { placeBefore } = findChanges(before.routers, routers);
    const routes = routers.map((router, index) => {
      const known = before.routes[placeBefore(index)];
      return known === undefined || isTouched(router, changed) ? make(router, parts) : known;
    });
    before = { routers, routes };
    stepsBefore = steps;
    return routes;
  };
}

const isTouched = ({ config, steps }: PreparedRouter, changed: ReadonlySet<string>): boolean =>
  changed.size > 0 && (changed.has(config.service) || steps.some((name) => changed.has(name)));

function hasSteps({ router, entry }: PlacedRoute, steps: RouteParts['steps']): boolean {
  let at = 0;
  for (const name of router.steps) {
    const step = steps.get(name);
    if (step === undefined) continue;
    if (entry.route.steps[at] !== step) return false;
    at += 1;
  }
  return at === entry.route.steps.length;
}

const unavailable: Upstream = Object.freeze({ pick: () => undefined });

function toEntry(
  { config, rule, steps: names, broken }: PreparedRouter,
  steps: RouteParts['steps'],
  upstream: Upstream | undefined,
): TableEntry<Route> {
  const found = names.flatMap((name) => steps.get(name) ?? []);
  const incomplete = found.length < names.length || upstream === undefined;
  return {
    name: config.name,
    rule,
    priority: config.priority,
    route: Object.freeze({
      routerName: config.name,
      serviceName: config.service,
      steps: Object.freeze(found),
      changesResponses: found.some(({ onResponse }) => onResponse !== undefined),
      upstream: upstream ?? unavailable,
      // Prepared routers say so themselves; a route that is missing a step must not open for any other reason either.
      broken: broken ?? (incomplete ? 'a part of it is missing' : undefined),
    }),
  };
}
