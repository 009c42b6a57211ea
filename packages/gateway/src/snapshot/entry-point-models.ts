import { proposeName } from '@grantgate/middleware/base/names';
import type {
  DynamicConfiguration,
  LoadBalancerConfig,
  MiddlewareConfig,
  RouterConfig,
} from '../config/dynamic.ts';
import type { RedirectionConfig } from '../config/entry-point-config.ts';
import type { Place, Problem } from '../config/place.ts';
import { remember } from '../reload/remember.ts';
import { entryPointsOf, type EntryPointFacts, type EntryPoints } from './entry-points.ts';

/** Settings of entry points in the install configuration that apply before their routes. */
export interface EntryPointModels {
  /** The configuration with the additions of entry points; the same objects for the same configuration. */
  readonly apply: (configuration: DynamicConfiguration) => DynamicConfiguration;
  /** The routers derived from one configured router: one for each entry point that has middlewares, and one for the others. */
  readonly expand: (router: RouterConfig) => readonly RouterConfig[];
  /** The configured router from which a router was derived. */
  readonly originOf: (router: RouterConfig) => RouterConfig;
}

/** @param entryPoints undefined: unknown, so nothing is added. */
export function createEntryPointModels(entryPoints: EntryPoints | undefined): EntryPointModels {
  const origins = new WeakMap<RouterConfig, RouterConfig>();
  const redirections = [...(entryPoints ?? [])].flatMap(([name, { redirection }]) =>
    redirection === undefined ? [] : [createRedirection(name, redirection)],
  );
  const models = [...(entryPoints ?? [])].filter(([, { middlewares = [] }]) => middlewares.length > 0);
  return {
    apply(configuration) {
      const added = redirections.length === 0 ? configuration : withRedirections(configuration, redirections);
      const problems = models.flatMap(([name, facts]) => findMissing(name, facts, added));
      return problems.length === 0 ? added : { ...added, problems: [...added.problems, ...problems] };
    },
    expand:
      entryPoints === undefined || models.length === 0
        ? (router) => [router]
        : remember((router: RouterConfig) => {
            const routers = split(router, entryPoints);
            for (const one of routers) origins.set(one, router);
            return routers;
          }),
    originOf: (router) => origins.get(router) ?? router,
  };
}

/** Names and splits routers as Traefik does. */
function split(router: RouterConfig, entryPoints: EntryPoints): readonly RouterConfig[] {
  // If one of its entry points is unavailable, a router is broken and refuses.
  if (router.entryPoints.some((name) => entryPoints.get(name)?.routes !== true)) return [router];
  const names = entryPointsOf(router, entryPoints);
  const others: string[] = [];
  const split: RouterConfig[] = [];
  for (const name of names) {
    const { middlewares = [] } = entryPoints.get(name) ?? {};
    if (middlewares.length === 0) others.push(name);
    else
      split.push(
        Object.freeze({
          ...router,
          name: names.length > 1 ? `${name}-${router.name}` : router.name,
          entryPoints: Object.freeze([name]),
          middlewares: Object.freeze([...middlewares, ...router.middlewares]),
        }),
      );
  }
  if (split.length === 0) return [router];
  if (others.length > 0) split.push(Object.freeze({ ...router, entryPoints: Object.freeze(others) }));
  return split;
}

/** Reported once per entry point, because every one of its routers refuses. */
function findMissing(
  name: string,
  { middlewares = [] }: EntryPointFacts,
  { middlewares: known, routers }: DynamicConfiguration,
): Problem[] {
  return middlewares
    .filter((middleware) => !known.has(middleware))
    .map((middleware) => ({
      severity: 'error',
      place: routers.values().next().value?.place ?? nowhere,
      code: 'missing_reference',
      path: `entryPoints.${name}.http.middlewares`,
      message: `there is no middleware ${middleware}, so every route of the entry point ${name} refuses: ${proposeName(middleware, [...known.keys()])}`,
    }));
}

const nowhere: Place = Object.freeze({ file: '', line: 0, column: 0 });

interface Redirection {
  readonly router: RouterConfig;
  readonly middleware: MiddlewareConfig;
}

/** Creates the router and the middleware that Traefik creates for `http.redirections`. */
function createRedirection(from: string, redirection: RedirectionConfig): Redirection {
  const { to, scheme, port, permanent, priority = Number.MAX_SAFE_INTEGER - 1 } = redirection;
  const name = `${from}-to-${to.replace(/[^A-Za-z0-9]+/g, '-').replace(/^-|-$/g, '')}@internal`;
  const common = { place: nowhere, errors: Object.freeze([]) };
  const anyHost = 'HostRegexp(`^.+$`)';
  return {
    router: Object.freeze({
      ...common,
      name,
      rule: redirection.exceptAcme ? `${anyHost} && !PathPrefix(\`/.well-known/acme-challenge/\`)` : anyHost,
      rulePlace: () => nowhere,
      entryPointPlace: () => nowhere,
      entryPoints: Object.freeze([from]),
      middlewares: Object.freeze([`redirect-${name}`]),
      service: noService.name,
      priority,
      tls: false,
      tlsOptions: undefined,
    }),
    middleware: Object.freeze({
      ...common,
      name: `redirect-${name}`,
      kind: 'redirectScheme',
      options: Object.freeze({ scheme, port, permanent }),
      namespace: undefined,
      localReferences: undefined,
      placeOf: () => nowhere,
      members: undefined,
    }),
  };
}

/** Service of a router whose middleware responds to every request. */
const noService: LoadBalancerConfig = Object.freeze({
  name: 'noop@internal',
  kind: 'loadBalancer',
  place: nowhere,
  errors: Object.freeze([]),
  servers: Object.freeze([]),
  passHostHeader: true,
  serversTransport: undefined,
  healthCheck: undefined,
  sticky: undefined,
});

function withRedirections(
  configuration: DynamicConfiguration,
  redirections: readonly Redirection[],
): DynamicConfiguration {
  return {
    ...configuration,
    routers: new Map([
      ...configuration.routers,
      ...redirections.map(({ router }) => [router.name, router] as const),
    ]),
    middlewares: new Map([
      ...configuration.middlewares,
      ...redirections.map(({ middleware }) => [middleware.name, middleware] as const),
    ]),
    services: new Map([...configuration.services, [noService.name, noService]]),
  };
}
