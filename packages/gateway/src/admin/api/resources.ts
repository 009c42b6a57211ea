import { ApiError } from './api-error.ts';
import { certificateShape } from './certificate-shape.ts';
import { readCircuits } from './circuits.ts';
import { toCertificateView } from './certificate-view.ts';
import { mergeAuthorizationServers } from './authorization-servers.ts';
import { toConfigView } from './config-view.ts';
import { toEntryPointView } from './entry-point-view.ts';
import { explain } from './explain.ts';
import { httpResources } from './http-resources.ts';
import { addUp, toOverview } from './overview.ts';
import { toTime } from './to-time.ts';
import { isFound, paginate, readRange } from './paging.ts';
import { pages, search } from './parameters.ts';
import type { ProcessSource } from './process-source.ts';
import type { ApiResource, ResourceContext } from './resource.ts';
import {
  authorizationServerShape,
  configShape,
  entryPointShape,
  overviewShape,
  refusalShape,
  versionShape,
  type AuthorizationServerView,
  type EntryPointView,
  type Overview,
  type RecentRefusal,
} from './shapes.ts';
import { explanationShape } from './explanation-shape.ts';
import { mergeStores } from './stores.ts';
import { storeShape, type StoreView } from './store-shape.ts';
import { callerResource, tokenResources } from './token-resources.ts';

/** Maximum number of refusals to keep. */
export const maxRefusals = 200;

/** All resources. The router, the OpenAPI document and its test derive from this list. */
export const resources: readonly ApiResource[] = [
  {
    ...{ kind: 'single', path: '/api/version', shape: versionShape, schemaName: 'Version' },
    summary: 'Version of the gateway.',
    async read({ source, survey }) {
      const { asked } = await survey({ kind: 'servers' });
      return {
        Version: source.version,
        Codename: 'grantgate',
        startDate: toTime(source.startedAt),
        disableDashboardAd: true,
        node: process.version,
        workers: asked,
      };
    },
  },
  {
    ...{ kind: 'single', path: '/api/overview', shape: overviewShape, schemaName: 'Overview' },
    summary: 'Numbers of routes, requests, tokens, authorization servers, stores and certificates.',
    read: async (context) => (await readSummary(context)).overview,
  },
  {
    ...{ kind: 'list', path: '/api/entrypoints', shape: entryPointShape, schemaName: 'EntryPoint' },
    summary: 'Entry points.',
    parameters: pages,
    async read(context) {
      return paginate(await readEntryPoints(context), readRange(context.query));
    },
  },
  {
    ...{ kind: 'single', path: '/api/entrypoints/{name}', shape: entryPointShape, schemaName: 'EntryPoint' },
    summary: 'One entry point.',
    async read(context) {
      const found = (await readEntryPoints(context)).find(({ name }) => name === context.name);
      if (found === undefined)
        throw new ApiError(404, `entry point not found: ${context.name.slice(0, 256)}`);
      return found;
    },
  },
  ...httpResources,
  ...tokenResources,
  callerResource,
  {
    ...{ kind: 'list', path: '/api/authorization-servers', shape: authorizationServerShape },
    schemaName: 'AuthorizationServer',
    summary: 'Endpoints of authorization servers with their last success, last failure, latency and limits.',
    parameters: [...pages, search('the endpoint or a middleware')],
    async read(context) {
      const { query } = context;
      const all = (await readServers(context)).filter(({ endpoint, middlewares }) =>
        isFound(query, endpoint, ...middlewares),
      );
      return paginate(all, readRange(query));
    },
  },
  {
    ...{ kind: 'list', path: '/api/stores', shape: storeShape, schemaName: 'Store' },
    summary: 'Stores of tokens and counters with their state and last failure, unavailable ones first.',
    parameters: [...pages, search('the name or a middleware')],
    async read(context) {
      const { query } = context;
      const all = (await readStores(context)).filter(({ name, middlewares }) =>
        isFound(query, name, ...middlewares),
      );
      return paginate(all, readRange(query));
    },
  },
  {
    ...{ kind: 'list', path: '/api/certificates', shape: certificateShape, schemaName: 'Certificate' },
    summary: 'Certificates that the gateway presents to callers, the next to expire first.',
    parameters: [...pages, search('a name or the file')],
    read({ query, source }) {
      const all = source
        .certificates()
        .filter(({ commonName, names, origin = '' }) => isFound(query, commonName, origin, ...names));
      const page = paginate(all, readRange(query));
      const context = { tlsEntryPoints: findTlsEntryPoints(source), now: source.clock.now() };
      const items = page.items.map((certificate) => toCertificateView(certificate, context));
      return Promise.resolve({ ...page, items });
    },
  },
  {
    ...{ kind: 'single', path: '/api/config', shape: configShape, schemaName: 'Config' },
    summary: 'The active configuration, without secrets, and its problems.',
    read: ({ source }) => Promise.resolve(toConfigView(source)),
  },
  {
    ...{ kind: 'single', path: '/api/explain', shape: explanationShape, schemaName: 'Explanation' },
    summary:
      'Which router a request would get, which middlewares would run, and why no other router matches.',
    parameters: [
      { name: 'method', description: 'Method. Default: `GET`.' },
      {
        name: 'scheme',
        description: 'Scheme of the connection. Default: that of the entry point, otherwise `http`.',
        values: ['http', 'https'],
      },
      { name: 'host', description: 'Host, with or without port.' },
      { name: 'path', description: 'Path with query, percent-encoded. Default: `/`.' },
      { name: 'entryPoint', description: 'Entry point. Default: those that serve routers by default.' },
      { name: 'header', description: '`Name: value`; once for each header.' },
      { name: 'clientIP', description: 'Address of the client. Default: `127.0.0.1`.' },
    ],
    async read({ query, source, views }) {
      return Promise.resolve(explain(query, source, views()));
    },
  },
  {
    ...{ kind: 'list', path: '/api/requests/recent', shape: refusalShape, schemaName: 'Refusal' },
    summary: `The last ${maxRefusals} refused requests, the latest first.`,
    parameters: [
      ...pages,
      search('any member'),
      { name: 'code', description: 'Only refusals with this code.' },
      { name: 'clientID', description: 'Only refusals of this client.' },
      { name: 'router', description: 'Only refusals of this router.' },
    ],
    async read(context) {
      const { query } = context;
      const isWanted = (name: string, value: string | null): boolean =>
        ['', value ?? ''].includes(query.get(name) ?? '');
      const all = (await readRefusals(context)).filter(
        (refusal) =>
          isWanted('code', refusal.code) &&
          isWanted('clientID', refusal.clientID) &&
          isWanted('router', refusal.router) &&
          isFound(query, ...Object.values(refusal).map(String)),
      );
      return paginate(all, readRange(query));
    },
  },
];

type Surroundings = Pick<ResourceContext, 'source' | 'survey' | 'views'>;

/** The overview, with the lists from which it is computed. */
export interface GatewaySummary {
  readonly overview: Overview;
  readonly servers: readonly AuthorizationServerView[];
  readonly stores: readonly StoreView[];
}

export async function readSummary({ source, survey, views }: Surroundings): Promise<GatewaySummary> {
  const [replies, servers, stores, circuits] = await Promise.all([
    survey({ kind: 'overview' }),
    readServers({ survey }),
    readStores({ survey }),
    readCircuits({ source, survey }),
  ]);
  const overview = toOverview(source, { views: views(), servers, stores, circuits, survey: replies });
  return { overview, servers, stores };
}

async function readStores({ survey }: Pick<Surroundings, 'survey'>): Promise<readonly StoreView[]> {
  return mergeStores((await survey({ kind: 'stores' })).readings);
}

/** Entry points that present the certificates of routes. */
function findTlsEntryPoints({ install, configuration }: ProcessSource): readonly string[] {
  const { tlsRoutes } = configuration()?.prepared ?? {};
  return Array.from(install.entryPoints.values()).flatMap(({ name, tls }) =>
    tls !== undefined || tlsRoutes?.get(name)?.hasRouters === true ? [name] : [],
  );
}

async function readServers({
  survey,
}: Pick<Surroundings, 'survey'>): Promise<readonly AuthorizationServerView[]> {
  return mergeAuthorizationServers((await survey({ kind: 'authorizationServers' })).readings);
}

export async function readRefusals({
  survey,
}: Pick<Surroundings, 'survey'>): Promise<readonly RecentRefusal[]> {
  const { readings } = await survey({ kind: 'refusals' });
  return readings
    .flat()
    .sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0))
    .slice(0, maxRefusals);
}

async function readEntryPoints({ source, survey }: Surroundings): Promise<readonly EntryPointView[]> {
  const { readings } = await survey({ kind: 'overview' });
  const open = addUp(readings.map(({ connections }) => Object.fromEntries(connections)));
  return Array.from(source.install.entryPoints.values(), (config) =>
    toEntryPointView(config, open[config.name]),
  );
}
