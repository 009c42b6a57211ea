import type { JSX } from 'preact';
import type { TokenMiddlewareView, TokenView } from '../../../gateway/src/admin/api/shapes.ts';
import { changeParameters, useLive, useNow, useRefresh, useResource } from '../dashboard.tsx';
import { Callers } from '../parts/callers.tsx';
import { Badge, Outside, pageOf } from '../parts/common.tsx';
import { Results } from '../parts/results.tsx';
import { Filters, SearchField, SelectField } from '../parts/filters.tsx';
import { Table } from '../parts/table.tsx';
import { LifeAxis, TokenLife, timeSpanOf } from '../parts/token-life.tsx';
import type { ViewLocation } from '../view-location.ts';

const perPage = 50;
const refreshMs = 5_000;
const orders = [
  ['', 'Expires first'],
  ['refreshAt', 'Refreshed first'],
  ['obtainedAt', 'Obtained first'],
  ['clientID', 'Client ID'],
] as const;

export function TokensView({ location }: { readonly location: ViewLocation }): JSX.Element {
  const { configuration } = useLive();
  const { search = '', middleware = '', sortBy = '' } = location.parameters;
  const page = pageOf(location.parameters);
  const version = `${configuration} ${useRefresh(refreshMs)}`;
  const parameters = { search, middleware, sortBy: sortBy || 'expiresAt', page, per_page: perPage };
  const tokens = useResource<readonly TokenView[]>('tokens', parameters, version);
  const middlewares = useResource<readonly TokenMiddlewareView[]>('tokens/middlewares', {}, configuration);
  const filter = (change: Readonly<Record<string, string>>): void =>
    changeParameters(location, { page: '', ...change });
  const names = (middlewares.value ?? []).map((entry) => [entry.middleware, entry.middleware] as const);
  return (
    <>
      <h1>Tokens</h1>
      <Filters>
        <SearchField label="Client ID" value={search} onChange={(value) => filter({ search: value })} />
        <SelectField
          label="Middleware"
          value={middleware}
          options={[['', 'All'], ...names]}
          onChange={(value) => filter({ middleware: value })}
        />
        <SelectField
          label="Sort by"
          value={sortBy}
          options={orders}
          onChange={(value) => filter({ sortBy: value })}
        />
      </Filters>
      <Results
        resource={tokens}
        noun="token"
        empty={noTokens(search !== '' || middleware !== '')}
        page={page}
        perPage={perPage}
        onPage={(value) => filter({ page: String(value) })}
      >
        {(entries) => <TokenTable tokens={entries} />}
      </Results>
      <Callers search={search} middleware={middleware} version={version} />
    </>
  );
}

const noTokens = (filtered: boolean): string =>
  filtered ? 'No token matches these filters.' : 'No tokens are cached: no client has sent a request yet.';

function TokenTable({ tokens }: { readonly tokens: readonly TokenView[] }): JSX.Element {
  const now = useNow();
  const span = timeSpanOf(tokens, now);
  return (
    <Table
      caption="Cached tokens with their lives, from obtained to expired"
      class="tokens"
      rows={tokens}
      keyOf={({ clientID, middlewares }) => `${clientID} ${middlewares.join(' ')}`}
      columns={[
        {
          title: 'Client ID',
          class: 'name',
          cell: ({ clientID, middlewares }) => (
            <>
              <strong>
                <Outside text={clientID} limit={80} />
              </strong>
              <span class="detail">
                <Outside text={middlewares.join(', ')} limit={160} />
              </span>
            </>
          ),
        },
        {
          title: 'Life',
          class: 'life',
          head: <LifeAxis span={span} now={now} />,
          cell: (token) => <TokenLife token={token} span={span} now={now} />,
        },
        {
          title: 'Kind',
          cell: ({ format, claims, source }) => (
            <>
              {format === 'jwt' ? 'JWT' : 'opaque'}, from {source === 'store' ? 'the store' : 'the server'}
              <span class="detail">
                <Outside text={claims.join(', ')} limit={160} />
              </span>
            </>
          ),
        },
        {
          title: 'Refreshes',
          class: 'status',
          cell: ({ failedRefreshes, refreshAt }) =>
            failedRefreshes > 0 ? (
              <Badge tone="bad">{failedRefreshes} failed</Badge>
            ) : refreshAt === null ? (
              <Badge tone="warn">in progress</Badge>
            ) : (
              <Badge tone="good">on time</Badge>
            ),
        },
      ]}
    />
  );
}
