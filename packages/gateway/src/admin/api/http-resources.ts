import { ApiError } from './api-error.ts';
import { readCircuits, type Circuits } from './circuits.ts';
import { addUp } from './overview.ts';
import { isFound, paginate, readRange, sortBy, type SortKey } from './paging.ts';
import { order, pages, search, status } from './parameters.ts';
import { toDurations } from './quantiles.ts';
import type { ListResource, ApiResource, ResourceContext, SingleResource } from './resource.ts';
import { middlewareShape, rawDataShape, routerShape, serviceShape } from './shapes.ts';
import type { MiddlewareView, RouterView, ServiceView } from './shapes.ts';

type SortKeys<T> = Readonly<Record<string, (view: T) => SortKey>>;

const routerKeys: SortKeys<RouterView> = {
  name: ({ name }) => name,
  provider: ({ provider }) => provider,
  priority: ({ priority }) => priority,
  rule: ({ rule }) => rule,
  status: (view) => view.status,
  service: ({ service }) => service,
  entryPoints: ({ using }) => using.join(','),
};

const typedKeys: SortKeys<ServiceView | MiddlewareView> = {
  name: ({ name }) => name,
  type: ({ type }) => type,
  provider: ({ provider }) => provider,
  status: (view) => view.status,
};

const hasStatus = (query: URLSearchParams, view: { readonly status: string }): boolean =>
  ['', view.status].includes((query.get('status') ?? '').toLowerCase());

/** As in Traefik's filter, a name without a provider matches any provider. */
const isNamed = (query: URLSearchParams, parameter: string, names: readonly string[]): boolean => {
  const wanted = query.get(parameter) ?? '';
  return wanted === '' || names.some((name) => name === wanted || name.replace(/@[^@]*$/, '') === wanted);
};

/** Routers, services and middlewares. */
export const httpResources: readonly ApiResource[] = [
  {
    ...{ kind: 'list', path: '/api/http/routers', shape: routerShape, schemaName: 'Router' },
    summary: 'Routers with their status and problems.',
    parameters: [
      ...pages,
      search('the name or the rule'),
      status,
      { name: 'serviceName', description: 'Only routers of this service.' },
      { name: 'middlewareName', description: 'Only routers that name this middleware.' },
      ...order(Object.keys(routerKeys)),
    ],
    read({ views, query }) {
      const all = [...(views()?.routers.values() ?? [])].filter(
        (view) =>
          hasStatus(query, view) &&
          isFound(query, view.name, view.rule) &&
          isNamed(query, 'serviceName', [view.service]) &&
          isNamed(query, 'middlewareName', view.middlewares ?? []),
      );
      return Promise.resolve(paginate(sortBy(all, query, routerKeys), readRange(query)));
    },
  },
  {
    ...{ kind: 'single', path: '/api/http/routers/{name}', shape: routerShape, schemaName: 'Router' },
    summary: 'One router, with its request counts.',
    read: readRouter,
  },
  {
    ...{ kind: 'list', path: '/api/http/services', shape: serviceShape, schemaName: 'Service' },
    summary: 'Services with the health of their servers.',
    parameters: [...pages, search('the name'), status, ...order(Object.keys(typedKeys))],
    async read({ views, query, source, survey }) {
      const all = [...(views()?.services.values() ?? [])].filter(
        (view) => hasStatus(query, view) && isFound(query, view.name),
      );
      const page = paginate(sortBy(all, query, typedKeys), readRange(query));
      const toCurrent = await createToCurrent({ views, source, survey });
      return { ...page, items: page.items.map(toCurrent) };
    },
  },
  {
    ...{ kind: 'single', path: '/api/http/services/{name}', shape: serviceShape, schemaName: 'Service' },
    summary: 'One service.',
    async read({ views, name, source, survey }) {
      const toCurrent = await createToCurrent({ views, source, survey });
      return toCurrent(find(views()?.services, name, 'service'));
    },
  },
  {
    ...{ kind: 'list', path: '/api/http/middlewares', shape: middlewareShape, schemaName: 'Middleware' },
    summary: 'Middlewares with their options, without secrets.',
    parameters: [
      ...pages,
      search('the name'),
      status,
      { name: 'type', description: 'Only middlewares of this kind, in lower case.' },
      ...order(Object.keys(typedKeys)),
    ],
    async read({ views, query, source, survey }) {
      const type = query.get('type') ?? '';
      const all = [...(views()?.middlewares.values() ?? [])].filter(
        (view) => hasStatus(query, view) && isFound(query, view.name) && ['', view.type].includes(type),
      );
      const page = paginate(sortBy(all, query, typedKeys), readRange(query));
      const circuits = await readCircuits({ source, survey });
      return { ...page, items: page.items.map((view) => withCircuit(view, circuits)) };
    },
  } satisfies ListResource,
  {
    ...{
      kind: 'single',
      path: '/api/http/middlewares/{name}',
      shape: middlewareShape,
      schemaName: 'Middleware',
    },
    summary: 'One middleware.',
    async read({ views, name, source, survey }) {
      const circuits = await readCircuits({ source, survey });
      return withCircuit(find(views()?.middlewares, name, 'middleware'), circuits);
    },
  } satisfies SingleResource,
  {
    ...{ kind: 'single', path: '/api/rawdata', shape: rawDataShape, schemaName: 'RawData' },
    summary: 'All routers, services and middlewares.',
    async read({ views, source, survey }) {
      const { routers, services, middlewares } = views() ?? {};
      const toCurrent = await createToCurrent({ views, source, survey });
      const circuits = await readCircuits({ source, survey });
      return {
        routers: Object.fromEntries(routers ?? []),
        middlewares: Object.fromEntries(
          Array.from(middlewares ?? [], ([name, view]) => [name, withCircuit(view, circuits)]),
        ),
        services: Object.fromEntries(Array.from(services ?? [], ([name, view]) => [name, toCurrent(view)])),
      };
    },
  },
];

/** A name without a provider is one of the file provider, as everywhere. */
function find<T>(all: ReadonlyMap<string, T> | undefined, name: string, what: string): T {
  const found = all?.get(name) ?? all?.get(`${name}@file`);
  if (found === undefined) throw new ApiError(404, `${what} not found: ${name.slice(0, 256)}`);
  return found;
}

async function readRouter({ views, name, survey }: ResourceContext): Promise<RouterView> {
  const view = find(views()?.routers, name, 'router');
  const [counts, recent] = await Promise.all([
    survey({ kind: 'router', name: view.name }),
    survey({ kind: 'refusals' }),
  ]);
  const known = counts.readings.filter((reading) => reading !== null);
  const byStatus = addUp(known.map((reading) => reading.byStatus));
  const refusals = recent.readings.flat().filter(({ router }) => router === view.name);
  const byCode = addUp(refusals.map(({ code }) => ({ [code]: 1 })));
  return {
    ...view,
    figures: {
      requests: Object.values(byStatus).reduce((sum, count) => sum + count, 0),
      byStatus,
      refused: refusals.length,
      byCode,
      durationMs: toDurations(known),
    },
  };
}

type Health = ReadonlyMap<string, Readonly<Record<string, 'UP' | 'DOWN'>>>;

/** A server counts as down when one process reports it as down. */
async function readHealth({ survey }: Pick<ResourceContext, 'survey'>): Promise<Health> {
  const { readings } = await survey({ kind: 'servers' });
  const health = new Map<string, Record<string, 'UP' | 'DOWN'>>();
  for (const { service, url, up } of readings.flat()) {
    const servers = health.get(service) ?? {};
    health.set(service, servers);
    if (servers[url] !== 'DOWN') servers[url] = up ? 'UP' : 'DOWN';
  }
  return health;
}

/** Adds what changes without a new configuration. As in Traefik, a server without a health check is up. */
async function createToCurrent(
  context: Pick<ResourceContext, 'views' | 'source' | 'survey'>,
): Promise<(view: ServiceView) => ServiceView> {
  const [health, circuits] = await Promise.all([readHealth(context), readCircuits(context)]);
  const breakers = context.views()?.breakers;
  return (view) => {
    const { name, loadBalancer } = view;
    const known = health.get(name) ?? {};
    const own = (breakers?.get(name) ?? []).flatMap((middleware) => {
      const circuit = circuits.get(middleware);
      return circuit === undefined ? [] : [[middleware, circuit] as const];
    });
    return {
      ...view,
      ...(own.length > 0 && { circuits: Object.fromEntries(own) }),
      ...(loadBalancer !== undefined && {
        serverStatus: Object.fromEntries(loadBalancer.servers.map(({ url }) => [url, known[url] ?? 'UP'])),
      }),
    };
  };
}

const withCircuit = (view: MiddlewareView, circuits: Circuits): MiddlewareView => {
  const circuit = circuits.get(view.name);
  return circuit === undefined ? view : { ...view, circuit };
};
