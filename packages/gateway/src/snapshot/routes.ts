import { createDerive, type LookUp } from '../reload/derive.ts';
import type { TableEntry } from '../routing/table.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { PreparedRouter } from './prepared.ts';
import type { Step } from '../middlewares/step.ts';
import type { Route } from './snapshot.ts';

/** What routes are made of, by qualified name. A type, because only those are maps by name to `createDerive`. */
export type RouteParts = {
  readonly steps: ReadonlyMap<string, Step>;
  readonly upstreams: ReadonlyMap<string, Upstream>;
};

/** A router with its entry in a routing table. */
export interface RouteEntry {
  readonly router: PreparedRouter;
  readonly entry: TableEntry<Route>;
}

/** Makes the routes of one configuration after the other: one whose parts are the same is the same object. */
export function createRoutes(): (
  routers: readonly PreparedRouter[],
  parts: RouteParts,
) => readonly RouteEntry[] {
  return createDerive((router: PreparedRouter, lookUp: LookUp<RouteParts>): RouteEntry => {
    const steps = router.steps.flatMap((name) => lookUp('steps', name) ?? []);
    const upstream = lookUp('upstreams', router.config.service);
    return { router, entry: toEntry(router, steps, upstream) };
  });
}

const unavailable: Upstream = Object.freeze({ pick: () => undefined });

function toEntry(
  { config, rule, steps: names, broken }: PreparedRouter,
  found: readonly Step[],
  upstream: Upstream | undefined,
): TableEntry<Route> {
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
      changesBodies: found.some(({ wrapResponse }) => wrapResponse !== undefined),
      followsEnds: found.some(({ onEnd }) => onEnd !== undefined),
      upstream: upstream ?? unavailable,
      // Prepared routers say so themselves; a route that is missing a step must not open for any other reason either.
      broken: broken ?? (incomplete ? 'a part of it is missing' : undefined),
    }),
  };
}
