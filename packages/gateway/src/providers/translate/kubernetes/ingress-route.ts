import type { RouterConfig } from '../../../config/dynamic.ts';
import type { Path } from '../../../config/path.ts';
import { formatPath, valueAt } from '../../../config/path.ts';
import type { Problem } from '../../../config/place.ts';
import { createProblem, errorsOf } from '../../../config/problem.ts';
import type { OtherNames } from '../../../config/read.ts';
import { readObject } from '../../../config/read.ts';
import type { Draft } from '../draft.ts';
import { addEntry } from '../draft.ts';
import { ignoredRouterNames, ignoredServiceNames, unsupportedIngressRouteNames } from '../other-names.ts';
import { resolveMiddlewares } from './middlewares.ts';
import { toRouterName } from './names.ts';
import type { KubernetesObject } from './objects.ts';
import { ingressRouteSchema, routeSchema } from './schemas.ts';
import { unsupportedMemberNames, type Targets } from './targets.ts';

const unusedTls = {
  secretName: 'the entry point has the certificates',
  store: 'the entry point has the certificates',
};

const others: { route: OtherNames; spec: OtherNames } = {
  spec: { unsupported: unsupportedIngressRouteNames, ignored: { ...ignoredRouterNames, ...unusedTls } },
  route: {
    unsupported: unsupportedMemberNames,
    ignored: { ...ignoredRouterNames, ...ignoredServiceNames },
  },
};

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
