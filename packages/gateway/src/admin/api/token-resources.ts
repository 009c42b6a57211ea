import { ApiError } from './api-error.ts';
import { callerShape } from './caller-shape.ts';
import { mergeCallers } from './callers.ts';
import { countDistinct } from './overview.ts';
import { compareKeys, isFound, paginate, readRange, toPage, type ListPage } from './paging.ts';
import { order, pages, search } from './parameters.ts';
import { tokenSortKeys, type TokenQuery, type TokenRow, type TokenSortKey } from './questions.ts';
import type { ApiResource, ResourceContext } from './resource.ts';
import {
  tokenMiddlewareShape,
  tokenShape,
  tokenSource,
  type TokenMiddlewareView,
  type TokenView,
} from './shapes.ts';

/** Facts about cached tokens, never the tokens themselves. */
export const tokenResources: readonly ApiResource[] = [
  {
    ...{ kind: 'list', path: '/api/tokens', shape: tokenShape, schemaName: 'Token' },
    summary: 'Credentials whose token is cached, without the tokens.',
    parameters: [
      ...pages,
      search('the client ID'),
      { name: 'clientID', description: 'Only this client.' },
      { name: 'middleware', description: 'Only tokens that this middleware uses.' },
      { name: 'source', description: 'Only tokens from this source.', values: tokenSource.options },
      ...order(tokenSortKeys),
    ],
    read: readTokens,
  },
  {
    ...{ kind: 'list', path: '/api/tokens/middlewares', shape: tokenMiddlewareShape },
    schemaName: 'TokenMiddleware',
    summary: 'Middlewares that use tokens, with the numbers of cached credentials and look-ups.',
    parameters: pages,
    async read({ survey, query }) {
      const { readings } = await survey({ kind: 'tokenMiddlewares' });
      const names = [...new Set(readings.flat().map(({ middleware }) => middleware))].sort();
      const all = names.map((middleware): TokenMiddlewareView => {
        const own = readings.flat().filter((reading) => reading.middleware === middleware);
        const sum = (name: 'memory' | 'store' | 'server'): number =>
          own.reduce((total, reading) => total + reading[name], 0);
        return {
          middleware,
          endpoint: own[0]?.endpoint ?? '',
          cached: countDistinct(own.map(({ cached }) => cached)),
          memory: sum('memory'),
          store: sum('store'),
          authorizationServer: sum('server'),
          failingRenewals: Math.max(0, ...own.map(({ failingRenewals }) => failingRenewals)),
        };
      });
      const range = readRange(query);
      return toPage(
        all.slice((range.page - 1) * range.perPage, range.page * range.perPage),
        all.length,
        range,
      );
    },
  },
];

/** Callers with credentials that the gateway has verified. */
export const callerResource: ApiResource = {
  ...{ kind: 'list', path: '/api/callers', shape: callerShape, schemaName: 'Caller' },
  summary: 'Callers whose JWT, opaque token, API key or exchanged token is cached, without the credentials.',
  parameters: [
    ...pages,
    search('the client ID'),
    { name: 'middleware', description: 'Only callers of this middleware.' },
  ],
  async read({ survey, query }) {
    const { readings } = await survey({ kind: 'callers' });
    const wanted = query.get('middleware') ?? '';
    const all = mergeCallers(readings).filter(
      ({ clientID, middlewares }) =>
        isFound(query, clientID) &&
        (wanted === '' || middlewares.includes(wanted) || middlewares.includes(`${wanted}@file`)),
    );
    return paginate(all, readRange(query));
  },
};

async function readTokens({ survey, query }: ResourceContext): Promise<ListPage<TokenView>> {
  const range = readRange(query);
  const asked = readTokenQuery(query, range.page * range.perPage);
  const { readings } = await survey({ kind: 'tokens', query: asked });
  const sign = asked.isDescending ? -1 : 1;
  const byId = new Map<number, TokenRow>();
  // The process that used it last has the most accurate due time.
  for (const row of readings.flatMap(({ rows }) => rows)) {
    const before = byId.get(row.id);
    if (before === undefined || (row.view.refreshAt ?? '') > (before.view.refreshAt ?? ''))
      byId.set(row.id, row);
  }
  const rows = [...byId.values()].sort(
    (a, b) => sign * compareKeys(a.key, b.key) || compareKeys(a.view.clientID, b.view.clientID),
  );
  const start = (range.page - 1) * range.perPage;
  return toPage(
    rows.slice(start, start + range.perPage).map(({ view }) => view),
    countDistinct(readings.map(({ ids }) => ids)),
    range,
  );
}

/** @param count number of tokens to request from each process. */
function readTokenQuery(query: URLSearchParams, count: number): TokenQuery {
  const read = (name: string): string | undefined => query.get(name) || undefined;
  const source = read('source');
  const key = read('sortBy') ?? 'expiresAt';
  return {
    count,
    search: (read('search') ?? '').toLowerCase(),
    clientId: read('clientID'),
    middleware: read('middleware'),
    source: source === undefined ? undefined : readOneOf(source, tokenSource.options, 'source'),
    sortBy: readOneOf<TokenSortKey>(key, tokenSortKeys, 'sortBy'),
    isDescending: read('direction') === 'desc',
  };
}

function readOneOf<T extends string>(text: string, all: readonly T[], name: string): T {
  const found = all.find((one) => one === text);
  if (found === undefined) throw new ApiError(400, `invalid request: ${name}: expected ${all.join(', ')}`);
  return found;
}
