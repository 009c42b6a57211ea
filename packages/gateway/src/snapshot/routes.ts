import { createDerive, type LookUp } from '../reload/derive.ts';
import type { TableEntry } from '../routing/table.ts';
import type { Upstream } from '../upstream/upstream.ts';
import type { PreparedRouter } from './prepared.ts';
import type { Step } from '../middlewares/step.ts';
import type { Route } from './snapshot.ts';

/** The parts of routes, by qualified name. A type alias, because `createDerive` does not accept an interface. */
export type RouteParts = {
  readonly steps: ReadonlyMap<string, Step>;
  readonly upstreams: ReadonlyMap<string, Upstream>;
};

/** A router with its entry in a routing table. */
export interface RouteEntry {
  readonly router: PreparedRouter;
  readonly entry: TableEntry<Route>;
}

/** Builds the routes of successive configurations; a route with unchanged parts stays the same object. */
export function createRoutes(): (
  routers: readonly PreparedRouter[],
  parts: RouteParts,
) => readonly RouteEntry[] {
  return createDerive((router: PreparedRouter, lookUp: LookUp<RouteParts>): RouteEntry => {
    const steps = router.steps.flatMap((name) => lookUp('steps', name) ?? []);
    const upstream = lookUp('upstreams', router.config.service);
    const services = new Map(
      steps.flatMap(({ service }) =>
        service === undefined ? [] : [[service, lookUp('upstreams', service)]],
      ),
    );
    return { router, entry: toEntry(router, steps, { upstream, services }) };
  });
}

const unavailable: Upstream = Object.freeze({ pick: () => undefined });

interface FoundServices {
  readonly upstream: Upstream | undefined;
  /** Resources of the steps of a route. */
  readonly services: ReadonlyMap<string, Upstream | undefined>;
}

const noServices: ReadonlyMap<string, Upstream> = new Map();

function toEntry(
  { config, rule, steps: names, broken }: PreparedRouter,
  found: readonly Step[],
  { upstream, services }: FoundServices,
): TableEntry<Route> {
  const known = [...services].flatMap(([name, one]) => (one === undefined ? [] : [[name, one] as const]));
  const incomplete = found.length < names.length || upstream === undefined || known.length < services.size;
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
      secretNames: secretNamesOf(found),
      upstream: upstream ?? unavailable,
      retry: found.findLast(({ retry }) => retry !== undefined)?.retry,
      services: known.length === 0 ? noServices : new Map(known),
      // Prepared routers already report missing steps. This is a safeguard: a route without one of its steps never opens.
      broken: broken ?? (incomplete ? 'a part of it is missing' : undefined),
    }),
  };
}

/** Query parameters and headers that contain credentials for any of these steps; undefined for none. */
export function secretNamesOf(steps: readonly Step[]): ReadonlySet<string> | undefined {
  const names = new Set(steps.flatMap(({ secretNames }) => [...(secretNames ?? [])]));
  return names.size === 0 ? undefined : names;
}
