import type { z } from 'zod';
import type { RouterConfig } from '../../../config/dynamic.ts';
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
import { resolveMiddlewares } from './middlewares.ts';
import { defaultTlsName, resolveReference, toRouterName } from './names.ts';
import type { KubernetesObject } from './objects.ts';
import { crossingHint, originOf } from './objects.ts';
import { toCertificateSource } from './pem-sources.ts';
import { findPruned } from './pruned-fields.ts';
import { ingressRouteSchema, routeSchema } from './schemas.ts';
import type { Targets } from './targets.ts';
import type { routeTlsSchema } from './tls-schemas.ts';

const others: { route: OtherNames; spec: OtherNames } = {
  spec: { unsupported: unsupportedIngressRouteNames, ignored: ignoredRouterNames },
  route: {
    unsupported: unsupportedServiceNames,
    ignored: { ...ignoredRouterNames, ...ignoredServiceNames },
  },
};

/** Adds a router for each route of an `IngressRoute`. @returns their targets, which `addServices` adds under their names. */
export function addIngressRoute(draft: Draft, object: KubernetesObject): readonly Targets[] {
  const { value, problems, writtenPath } = readObject(ingressRouteSchema, object.source, others.spec);
  const pruned = findPrunedRoutes(object);
  draft.problems.push(...problems, ...pruned.map(({ problem }) => problem));
  // A broken spec may still list its routes, and each of them must refuse.
  const raw = value.spec ?? rawSpec(object);
  const tls = readTls(draft, object, value.spec?.tls, (path) => writtenPath(['spec', 'tls', ...path]));
  return Array.from(raw.routes.keys(), (index) =>
    addRoute(draft, object, {
      path: writtenPath(['spec', 'routes', index]),
      entryPoints: value.spec?.entryPoints ?? [],
      entryPointPlace: (at) => object.source.document.placeOf(writtenPath(['spec', 'entryPoints', at])),
      tls: raw.tls !== undefined,
      tlsOptions: tls.options,
      errors: [
        ...errorsOf([...problems, ...tls.problems]),
        ...pruned.filter(({ route }) => route === undefined || route === index).map(({ problem }) => problem),
      ],
    }),
  );
}

/**
 * A field that the API server dropped may have named a middleware, so its route refuses; if it belongs to no route, all routes
 * refuse.
 */
function findPrunedRoutes(
  object: KubernetesObject,
): readonly { readonly route: number | undefined; readonly problem: Problem }[] {
  const problems = findPruned(object);
  return (object.source.document.pruned ?? []).flatMap(([, list, route], index) => {
    const problem = problems[index];
    return problem === undefined
      ? []
      : { route: list === 'routes' && typeof route === 'number' ? route : undefined, problem };
  });
}

interface RouteDefaults {
  readonly path: Path;
  readonly entryPoints: readonly string[];
  readonly entryPointPlace: RouterConfig['entryPointPlace'];
  readonly tls: boolean;
  /** Undefined: the options called `default`. */
  readonly tlsOptions: ObjectReference | undefined;
  readonly errors: readonly Problem[];
}

/** TLS options that all routes of an object refer to. */
interface ObjectReference {
  readonly name: string;
  /** `namespace/name`; undefined for an object of another provider. */
  readonly object: string | undefined;
  readonly path: Path;
}

/** Adds the certificate of an IngressRoute. As in Traefik, it is selected by SNI, independently of the routes in the object. */
function readTls(
  draft: Draft,
  { namespace, source }: KubernetesObject,
  tls: z.output<typeof routeTlsSchema> | undefined,
  writtenPath: (path: readonly PropertyKey[]) => Path,
): { readonly options: ObjectReference | undefined; readonly problems: readonly Problem[] } {
  const { document } = source;
  const { secretName, options, store } = tls ?? {};
  if (secretName !== undefined)
    draft.certificates.push({
      ...toCertificateSource(namespace, secretName),
      name: '',
      place: document.placeOf(writtenPath(['secretName'])),
      errors: [],
    });
  if (store !== undefined && store.name !== defaultTlsName)
    draft.problems.push(
      createProblem(document, writtenPath(['store']), {
        severity: 'warning',
        code: 'ignored_option',
        message: `the store ${store.name} is not used: as in Traefik, certificates are taken from the store default`,
        part: 'key',
      }),
    );
  // As in Traefik, `default` with a namespace is not the TLSOption that applies everywhere.
  if (options === undefined) return { options: undefined, problems: [] };
  const path = writtenPath(['options', 'name']);
  const found = resolveReference('TLSOption', options, namespace, originOf(source));
  if (found.name !== undefined) return { options: { ...found, path }, problems: [] };
  const problem = createProblem(document, path, {
    code: 'cross_namespace',
    message: `${found.fault}${crossingHint(source)}`,
  });
  draft.problems.push(problem);
  return { options: undefined, problems: [problem] };
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
  // Routes without a match are not duplicates of each other.
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
    tlsOptions: outer.tls ? referToOptions(draft, object, name, outer.tlsOptions) : undefined,
  });
  const targets = (value.services ?? []).map((member, index) => ({
    member,
    path: writtenPath(['services', index]),
  }));
  return { router: name, targets };
}

function referToOptions(
  draft: Draft,
  { namespace, source }: KubernetesObject,
  router: string,
  options: ObjectReference | undefined,
): string {
  if (options === undefined) return defaultTlsName;
  const { name, object, path } = options;
  draft.mentions.push({
    in: { kind: 'routers', name: router },
    of: {
      kind: 'tlsOptions',
      name,
      ...(object !== undefined && { object }),
      ...(!originOf(source).allowCrossNamespace && { namespace }),
    },
    place: source.document.placeOf(path),
    path: formatPath(path),
  });
  return name;
}

function rawSpec({ source }: KubernetesObject): {
  readonly routes: readonly unknown[];
  readonly tls: unknown;
} {
  const at = (name: string): unknown => valueAt(source.document.value, [...source.path, 'spec', name]);
  const routes = at('routes');
  return { routes: Array.isArray(routes) ? routes : [], tls: at('tls') ?? undefined };
}
