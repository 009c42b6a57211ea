import type { JSX } from 'preact';
import type { Overview } from '../../../gateway/src/admin/api/shapes.ts';
import { useDashboard, useLive, useNow } from '../dashboard.tsx';
import { AuthorizationServerCard } from '../parts/authorization-server.tsx';
import { RateChart, ShareBar } from '../parts/charts.tsx';
import { Certificates } from '../parts/certificates.tsx';
import { CircuitBreakers } from '../parts/circuit-breakers.tsx';
import { Badge, Outside, Panel } from '../parts/common.tsx';
import { StoreCard } from '../parts/store.tsx';
import { codeWords, formatCount, formatDuration, formatRate, formatRelative, plural } from '../text.ts';
import { formatViewLocation } from '../view-location.ts';

export function OverviewView(): JSX.Element {
  const { overview } = useLive();
  return (
    <>
      <h1>Overview</h1>
      {overview === undefined ? (
        <p class="empty">Waiting for the gateway…</p>
      ) : (
        <>
          <Facts overview={overview} />
          <div class="grid">
            <Requests overview={overview} />
            <Tokens overview={overview} />
            <RefusalCodes overview={overview} />
            <AuthorizationServers />
            <Stores />
            <Certificates summary={overview.certificates} />
            <CircuitBreakers summary={overview.circuitBreakers} />
          </div>
        </>
      )}
    </>
  );
}

function Facts({ overview }: { readonly overview: Overview }): JSX.Element {
  const now = useNow();
  const { ready, waitingFor, workers, configuration, connections, http } = overview;
  const open = Object.values(connections).reduce((sum, count) => sum + count, 0);
  const brokenMiddlewares = http.middlewares?.errors ?? 0;
  const broken = http.routers.errors + brokenMiddlewares;
  return (
    <dl class="facts">
      <div>
        <dt>Gateway</dt>
        <dd>{ready ? <Badge tone="good">ready</Badge> : <Badge tone="bad">not ready</Badge>}</dd>
        <dd class="detail">
          {ready ? (
            `${overview.version}, up ${formatDuration(now - Date.parse(overview.startedAt))}`
          ) : (
            <Outside text={waitingFor.join('; ')} limit={300} />
          )}
        </dd>
      </div>
      <div>
        <dt>Workers</dt>
        <dd class="number">
          {workers.replied}
          {workers.replied !== workers.configured && <small> of {workers.configured}</small>}
        </dd>
        <dd class="detail">
          {workers.replied < workers.configured ? 'some do not reply' : 'all reply'}
          {describeCrash(overview, now)}
        </dd>
      </div>
      <div>
        <dt>Routes</dt>
        <dd class="number">
          <a href="#/routes">{formatCount(http.routers.total)}</a>
        </dd>
        <dd class="detail">
          {broken === 0 ? (
            'all active'
          ) : (
            <a class="bad" href="#/routes?status=disabled">
              {[
                ...(http.routers.errors > 0 ? [plural(http.routers.errors, 'route')] : []),
                ...(brokenMiddlewares > 0 ? [plural(brokenMiddlewares, 'middleware')] : []),
              ].join(' and ')}{' '}
              broken
            </a>
          )}
        </dd>
      </div>
      <div>
        <dt>Open connections</dt>
        <dd class="number">{formatCount(open)}</dd>
        <dd class="detail">
          {Object.entries(connections)
            .map(([name, count]) => `${name} ${formatCount(count)}`)
            .join(', ') || 'none'}
        </dd>
      </div>
      <div>
        <dt>Configuration</dt>
        <dd class="number">
          <a href="#/configuration">{problemWords(configuration)}</a>
        </dd>
        <dd class="detail">loaded {formatDuration(now - Date.parse(configuration.loadedAt))} ago</dd>
      </div>
    </dl>
  );
}

/** The last crash of a worker, which has been replaced. */
function describeCrash({ workers }: Overview, now: number): string {
  const [last] = workers.processes
    .flatMap(({ worker, lastCrash }) => (lastCrash === null ? [] : [{ worker, ...lastCrash }]))
    .sort((a, b) => (a.at < b.at ? 1 : -1));
  if (last === undefined) return '';
  return `, worker ${last.worker} restarted ${formatRelative(Date.parse(last.at), now)} (${last.reason})`;
}

const problemWords = ({ errors, warnings }: Overview['configuration']): string =>
  errors > 0 ? plural(errors, 'error') : warnings > 0 ? plural(warnings, 'warning') : 'no problems';

const lastRate = (values: readonly number[]): number =>
  values.slice(-4).reduce((sum, value) => sum + value, 0) / Math.max(1, Math.min(4, values.length));

function Requests({ overview }: { readonly overview: Overview }): JSX.Element {
  const { live } = useDashboard();
  useNow();
  const now = Date.now();
  const requests = live.rates.values('requests', now);
  const refused = live.rates.values('refused', now);
  return (
    <Panel
      title="Requests per second"
      class="wide"
      aside={
        <>
          <span class="key first">requests</span>
          <span class="key second">refused</span>
        </>
      }
    >
      <p class="headline">
        <strong>{formatRate(lastRate(requests))}</strong> per second
        <span>
          {formatRate(lastRate(refused))} refused · {formatCount(overview.requests.total)} since the start
        </span>
      </p>
      <RateChart
        label="Requests per second"
        series={[
          { name: 'requests', tone: 'first', values: requests },
          { name: 'refused', tone: 'second', values: refused },
        ]}
      />
    </Panel>
  );
}

function Tokens({ overview }: { readonly overview: Overview }): JSX.Element {
  const { cached, memory, store, authorizationServer, failingRenewals } = overview.tokens;
  return (
    <Panel title="Tokens" aside={<a href="#/tokens">Show tokens</a>}>
      <p class="headline">
        <strong>{formatCount(cached)}</strong> cached
        {failingRenewals > 0 && <Badge tone="bad">{plural(failingRenewals, 'renewal')} failing</Badge>}
      </p>
      <p class="caption">Where requests got their token from, since the start</p>
      <ShareBar
        label="Token look-ups by source; the numbers follow"
        parts={[
          { name: 'Memory', value: memory, tone: 'memory' },
          { name: 'Store', value: store, tone: 'store' },
          { name: 'Authorization server', value: authorizationServer, tone: 'server' },
        ]}
      />
    </Panel>
  );
}

function RefusalCodes({ overview }: { readonly overview: Overview }): JSX.Element {
  const { live } = useDashboard();
  useNow();
  const now = Date.now();
  const codes = Object.entries(overview.requests.byCode)
    .filter(([, count]) => count > 0)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 8);
  return (
    <Panel title="Refusals by code" aside={<a href="#/refusals">Show refusals</a>}>
      {codes.length === 0 ? (
        <p class="empty">No request has been refused.</p>
      ) : (
        <ul class="codes">
          {codes.map(([code, count]) => (
            <li key={code}>
              <a href={formatViewLocation({ view: 'refusals', parameters: { code } })}>{codeWords(code)}</a>
              <RateChart
                small
                label={codeWords(code)}
                series={[
                  {
                    name: 'refused per second',
                    tone: 'second',
                    values: live.rates.values(`code ${code}`, now),
                  },
                ]}
              />
              <span class="count">{formatCount(count)}</span>
            </li>
          ))}
        </ul>
      )}
      <p class="caption">Lines: since this page was opened, 5 minutes at most. Numbers: since the start.</p>
    </Panel>
  );
}

function AuthorizationServers(): JSX.Element {
  const { authorizationServers: servers } = useLive();
  const now = useNow();
  return (
    <Panel title="Authorization servers" class="wide">
      {servers === undefined || servers.length === 0 ? (
        <p class="empty">No middleware uses an authorization server.</p>
      ) : (
        <div class="cards">
          {servers.map((server) => (
            <AuthorizationServerCard key={`${server.endpoint} ${server.use}`} server={server} now={now} />
          ))}
        </div>
      )}
    </Panel>
  );
}

function Stores(): JSX.Element {
  const { stores } = useLive();
  const now = useNow();
  return (
    <Panel title="Stores" class="wide">
      {stores === undefined || stores.length === 0 ? (
        <p class="empty">No middleware uses a store: tokens are cached only in memory.</p>
      ) : (
        <div class="cards">
          {stores.map((store) => (
            <StoreCard key={JSON.stringify([store.name, store.middlewares])} store={store} now={now} />
          ))}
        </div>
      )}
    </Panel>
  );
}
