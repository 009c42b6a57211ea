import type { z } from 'zod';
import type { LoadBalancerConfig, RouterConfig } from '../../../config/dynamic.ts';
import type { Path } from '../../../config/path.ts';
import { formatPath, valueAt } from '../../../config/path.ts';
import type { Problem } from '../../../config/place.ts';
import { createProblem, errorsOf } from '../../../config/problem.ts';
import type { OtherNames } from '../../../config/read.ts';
import { readObject } from '../../../config/read.ts';
import type { Draft } from '../draft.ts';
import { addEntry } from '../draft.ts';
import {
  ignoredRouterNames,
  ignoredServiceNames,
  unsupportedIngressRouteNames,
  unsupportedServiceNames,
} from '../other-names.ts';
import { toHealthCheck, toSticky } from '../service-schema.ts';
import { resolveMiddlewares } from './middlewares.ts';
import { toRouterName } from './names.ts';
import type { KubernetesObject } from './objects.ts';
import { crossingHint, originOf } from './objects.ts';
import { ingressRouteSchema, routeSchema } from './schemas.ts';
import type { ServiceCatalog } from './servers.ts';
import { findServers } from './servers.ts';

type RouteService = z.output<typeof routeSchema>['services'][number];

const unusedTls = {
  secretName: 'the entry point holds the certificates',
  store: 'the entry point holds the certificates',
};

const others: { route: OtherNames; spec: OtherNames } = {
  spec: { unsupported: unsupportedIngressRouteNames, ignored: { ...ignoredRouterNames, ...unusedTls } },
  route: {
    unsupported: [...unsupportedServiceNames, 'serversTransport'],
    ignored: { ...ignoredRouterNames, ...ignoredServiceNames },
  },
};

/** A service that a route of an `IngressRoute` leads to. */
interface ServiceTarget {
  readonly member: RouteService;
  readonly path: Path;
}

/** What the router of that name leads to: several are spread by weight. */
export interface Targets {
  readonly router: string;
  readonly targets: readonly ServiceTarget[];
}

/** Adds a router for each route of an `IngressRoute`. @returns what they lead to, which `addServices` adds under their names. */
export function addIngressRoute(draft: Draft, object: KubernetesObject): readonly Targets[] {
  const { value, problems, writtenPath } = readObject(ingressRouteSchema, object.source, others.spec);
  const pruned = findPruned(object);
  draft.problems.push(...problems, ...pruned.map(({ problem }) => problem));
  // A broken spec can still name its routes, and each of them must refuse.
  const raw = value.spec ?? rawSpec(object);
  return Array.from(raw.routes.keys(), (index) =>
    addRoute(draft, object, {
      path: writtenPath(['spec', 'routes', index]),
      entryPoints: value.spec?.entryPoints ?? [],
      entryPointPlace: (at) => object.source.document.placeOf(writtenPath(['spec', 'entryPoints', at])),
      tls: raw.tls !== undefined,
      errors: [
        ...errorsOf(problems),
        ...pruned.filter(({ route }) => route === undefined || route === index).map(({ problem }) => problem),
      ],
    }),
  );
}

/**
 * A field that the API server dropped may have named a middleware: its route refuses; if it belongs to no route, all routes
 * refuse.
 */
function findPruned({
  source: { document },
}: KubernetesObject): readonly { readonly route: number | undefined; readonly problem: Problem }[] {
  return (document.pruned ?? []).map((path) => {
    const [, list, route] = path;
    return {
      route: list === 'routes' && typeof route === 'number' ? route : undefined,
      problem: createProblem(document, path, {
        code: 'pruned_field',
        message:
          'was applied, but the API server dropped it because the definition of IngressRoute does not declare it: correct the name and apply again',
      }),
    };
  });
}

interface RouteDefaults {
  readonly path: Path;
  readonly entryPoints: readonly string[];
  readonly entryPointPlace: RouterConfig['entryPointPlace'];
  readonly tls: boolean;
  readonly errors: readonly Problem[];
}

function addRoute(draft: Draft, object: KubernetesObject, outer: RouteDefaults): Targets {
  const { namespace, source } = object;
  const { document } = source;
  const { value, problems, writtenPath } = readObject(
    routeSchema,
    { document, path: outer.path },
    others.route,
  );
  const { match = '' } = value;
  // Routes that lack a match are not one route given twice.
  const name = toRouterName(namespace, object.name, match === '' ? formatPath(outer.path) : match);
  const middlewares = resolveMiddlewares(
    draft,
    { kind: 'routers', name },
    {
      references: value.middlewares ?? [],
      namespace,
      source,
      pathOf: (index) => writtenPath(['middlewares', index]),
    },
  );
  const found = [...problems, ...middlewares.problems];
  draft.problems.push(...found);
  const rulePath = writtenPath(['match']);
  addEntry(draft, draft.routers, {
    name,
    place: document.placeOf(outer.path),
    errors: [...outer.errors, ...errorsOf(found)],
    rule: match,
    rulePlace: (offset) => document.placeOf(rulePath, offset),
    entryPoints: outer.entryPoints,
    entryPointPlace: outer.entryPointPlace,
    middlewares: middlewares.names,
    service: name,
    priority: value.priority,
    tls: outer.tls,
    tlsOptions: outer.tls ? 'default' : undefined,
  });
  const targets = (value.services ?? []).map((member, index) => ({
    member,
    path: writtenPath(['services', index]),
  }));
  return { router: name, targets };
}

function rawSpec({ source }: KubernetesObject): {
  readonly routes: readonly unknown[];
  readonly tls: unknown;
} {
  const at = (name: string): unknown => valueAt(source.document.value, [...source.path, 'spec', name]);
  const routes = at('routes');
  return { routes: Array.isArray(routes) ? routes : [], tls: at('tls') ?? undefined };
}

/** As in Traefik, one service goes by the router's name; several are spread by weight under it. */
export function addServices(
  draft: Draft,
  object: KubernetesObject,
  catalog: ServiceCatalog,
  { router: name, targets }: Targets,
): void {
  // A route that is defined twice is reported once, as a router.
  if (draft.services.has(name)) return;
  const [only, ...more] = targets;
  if (only !== undefined && more.length === 0) {
    addEntry(draft, draft.services, toLoadBalancer(draft, object, catalog, name, only));
    return;
  }
  const services = targets.map((target, index) => {
    const { member } = target;
    const own = name.replace('@', `-${index}-${member.name}@`);
    addEntry(draft, draft.services, toLoadBalancer(draft, object, catalog, own, target));
    return { name: own, weight: member.weight };
  });
  // Without members the router is broken already; the service is there so that it is not reported as missing.
  addEntry(draft, draft.services, {
    kind: 'weighted',
    name,
    place: object.place,
    errors: [],
    services,
  });
}

function toLoadBalancer(
  draft: Draft,
  { namespace, source }: KubernetesObject,
  catalog: ServiceCatalog,
  name: string,
  { member, path }: ServiceTarget,
): LoadBalancerConfig {
  const { document } = source;
  const { allowCrossNamespace, allowExternalNameServices } = originOf(source);
  const wanted = { namespace: member.namespace ?? namespace, name: member.name };
  const { servers = [], fault } =
    wanted.namespace === namespace || allowCrossNamespace
      ? findServers(catalog, {
          ...wanted,
          port: member.port,
          scheme: member.scheme,
          allowExternalNameServices,
        })
      : {
          fault: {
            code: 'cross_namespace',
            message: `the Service ${wanted.namespace}/${wanted.name} is not in the namespace ${namespace} of its IngressRoute${crossingHint(source)}`,
          },
        };
  const errors = fault === undefined ? [] : [createProblem(document, [...path, 'name'], fault)];
  draft.problems.push(...errors);
  return {
    kind: 'loadBalancer',
    name,
    place: document.placeOf(path),
    errors,
    servers,
    passHostHeader: member.passHostHeader,
    serversTransport: undefined,
    healthCheck: toHealthCheck(member.healthCheck),
    sticky: toSticky(member.sticky, name),
  };
}
