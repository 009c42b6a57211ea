import type { CertificateView } from '../admin/api/certificate-shape.ts';
import type { StoreView } from '../admin/api/store-shape.ts';
import type { AuthorizationServerView, Overview, RecentRefusal, RouterView } from '../admin/api/shapes.ts';
import { toPrintable, toTable } from './api-client.ts';
import type { Style } from './style.ts';

/** State of a gateway, as `grantgate status` shows it. */
export interface GatewayStatus {
  readonly overview: Overview;
  readonly authorizationServers: readonly AuthorizationServerView[];
  readonly stores: readonly StoreView[];
  readonly certificates: readonly CertificateView[];
  readonly brokenRouters: readonly RouterView[];
  readonly refusals: readonly RecentRefusal[];
}

/** For a terminal. */
export function toStatusText(status: GatewayStatus, style: Style): string {
  const { overview } = status;
  const state = overview.ready
    ? style.good('ready')
    : style.bad(`not ready: ${overview.waitingFor.join('; ')}`);
  return [
    `grantgate ${overview.version}: ${state}\n`,
    toNumbers(overview),
    ...toAuthorizationServers(status),
    ...toStores(status),
    ...toCertificates(status),
    ...toList('Open circuit breakers', [
      ['middleware', 'state', 'until'],
      ...overview.circuitBreakers.refusing.map((one) => [one.middleware, one.state, one.until ?? '-']),
    ]),
    ...toList('Broken routers', [
      ['router', 'reason'],
      ...status.brokenRouters.map(({ name, error = [] }) => [name, error.join('; ')]),
    ]),
    ...toList('Last refusals', [
      ['time', 'status', 'code', 'client', 'router', 'reason'],
      ...status.refusals.map(({ at, status: code, router, clientID, reason, detail, ...rest }) => [
        ...[at, String(code), rest.code, clientID ?? '-', router ?? '-', reason ?? detail],
      ]),
    ]),
  ].join('');
}

function toNumbers({ http, requests, tokens, workers, configuration, circuitBreakers }: Overview): string {
  const count = (name: keyof typeof http): string =>
    `${http[name]?.total ?? 0} (${http[name]?.errors ?? 0} broken, ${http[name]?.warnings ?? 0} with warnings)`;
  return toTable([
    ['workers', `${workers.replied} of ${workers.configured} replied${describeCrashes(workers)}`],
    [
      'configuration',
      `loaded ${configuration.loadedAt}, ${configuration.errors} errors, ${configuration.warnings} warnings`,
    ],
    ['routers', count('routers')],
    ['services', count('services')],
    ['middlewares', count('middlewares')],
    ['circuit breakers', `${circuitBreakers.total} (${circuitBreakers.open} open)`],
    ['requests', `${requests.total}, ${requests.refused} refused`],
    [
      'tokens',
      `${tokens.cached} cached; look-ups: ${tokens.memory} memory, ${tokens.store} store, ${tokens.authorizationServer} authorization server`,
    ],
    ['refreshes', `${tokens.failingRenewals} credentials fail`],
  ]);
}

const describeCrashes = ({ processes }: Overview['workers']): string =>
  processes
    .flatMap(({ worker, lastCrash }) =>
      lastCrash === null ? [] : [`; worker ${worker} restarted after ${lastCrash.reason} at ${lastCrash.at}`],
    )
    .join('');

const toMilliseconds = (ms: number | undefined): string => `${ms ?? '-'} ms`;

const toAuthorizationServers = ({ authorizationServers }: GatewayStatus): readonly string[] =>
  toList('Authorization servers', [
    ['endpoint', 'use', 'status', 'breaker', 'p50', 'p99', 'last failure'],
    ...authorizationServers.map(({ endpoint, use, status, breaker, latencyMs, lastFailure }) => [
      ...[endpoint, use, status, breaker, toMilliseconds(latencyMs?.p50), toMilliseconds(latencyMs?.p99)],
      lastFailure === null ? '-' : `${lastFailure.at} ${lastFailure.detail}`,
    ]),
  ]);

const toStores = ({ stores }: GatewayStatus): readonly string[] =>
  toList('Stores', [
    ['store', 'status', 'since', 'p50', 'p99', 'last failure'],
    ...stores.map(({ name, status, since, latencyMs, reason, lastFailure }) => [
      ...[name, status, since ?? '-', toMilliseconds(latencyMs?.p50), toMilliseconds(latencyMs?.p99)],
      reason ?? (lastFailure === null ? '-' : `${lastFailure.at} ${lastFailure.reason}`),
    ]),
  ]);

const toCertificates = ({ certificates }: GatewayStatus): readonly string[] =>
  toList('Certificates', [
    ['certificate', 'status', 'days left', 'expires', 'entry points', 'origin'],
    ...certificates.map(({ commonName, names, status, daysLeft, notAfter, entryPoints, origin }) => [
      ...[commonName === '' ? (names[0] ?? '-') : commonName, status, String(daysLeft), notAfter],
      ...[entryPoints.join(', ') || '-', origin ?? '-'],
    ]),
  ]);

/** Nothing without entries. */
const toList = (title: string, rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length < 2 ? [] : [`\n${toPrintable(title)}\n`, toTable(rows)];
