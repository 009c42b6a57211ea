import type { Clock } from '@grantgate/middleware/base/clock';
import { systemClock } from '@grantgate/middleware/base/clock';
import type { AuthorizationServerView, Overview, RecentRefusal, RouterView } from '../admin/api/shapes.ts';
import { toPrintable, toTable, withApi, type AdminClient, type ApiFlags } from './api-client.ts';
import type { Io } from './io.ts';
import { createStyle } from './style.ts';
import { untilStopped } from './until-stopped.ts';

export interface StatusFlags extends ApiFlags {
  readonly watch?: boolean;
}

interface GatewayStatus {
  readonly overview: Overview;
  readonly authorizationServers: readonly AuthorizationServerView[];
  readonly brokenRouters: readonly RouterView[];
  readonly refusals: readonly RecentRefusal[];
}

/** Milliseconds between two pictures of `--watch`. */
const everyMs = 2_000;
/** Entries of each list. */
const maxShown = 10;

/** `grantgate status`: 0 when the gateway is ready, every router serves and every authorization server responds; else 1. */
export async function runStatus(flags: StatusFlags, io: Io, clock: Clock = systemClock): Promise<number> {
  return withApi(flags, io, clock, async (client) => {
    if (flags.watch === true) return watch(client, flags, io, clock);
    const status = await readStatus(client);
    io.stdout.write(toText(status, flags, io));
    return isWell(status) ? 0 : 1;
  });
}

async function watch(client: AdminClient, flags: StatusFlags, io: Io, clock: Clock): Promise<number> {
  const stop = untilStopped(io);
  try {
    while (!stop.signal.aborted) {
      const status = await readStatus(client);
      const clear = flags.json === true ? '' : '\u001b[H\u001b[2J';
      io.stdout.write(`${clear}${toText(status, flags, io)}`);
      await new Promise<void>((resolve) => {
        const timer = clock.after(everyMs, resolve);
        void stop.stopped.then(() => {
          timer.cancel();
          resolve();
        });
      });
    }
    return 0;
  } finally {
    stop.cancel();
  }
}

async function readStatus(client: AdminClient): Promise<GatewayStatus> {
  const [overview, authorizationServers, brokenRouters, refusals] = await Promise.all([
    client.get('/api/overview'),
    client.get('/api/authorization-servers'),
    client.get(`/api/http/routers?status=disabled&per_page=${maxShown}`),
    client.get(`/api/requests/recent?per_page=${maxShown}`),
  ]);
  // A gateway of this version responds as its shapes say.
  return { overview, authorizationServers, brokenRouters, refusals } as GatewayStatus;
}

const isWell = ({ overview }: GatewayStatus): boolean =>
  overview.ready && overview.http.routers.errors === 0 && overview.authorizationServers.failing === 0;

function toText(status: GatewayStatus, { json = false }: StatusFlags, io: Io): string {
  if (json) return `${JSON.stringify(status)}\n`;
  const { overview, authorizationServers, brokenRouters, refusals } = status;
  const { http, requests, tokens, workers, configuration } = overview;
  const style = createStyle(io.stdout);
  const state = overview.ready
    ? style.good('ready')
    : style.bad(`not ready: ${overview.waitingFor.join('; ')}`);
  const count = (name: keyof typeof http): string =>
    `${http[name]?.total ?? 0} (${http[name]?.errors ?? 0} broken, ${http[name]?.warnings ?? 0} with warnings)`;
  return [
    `grantgate ${overview.version}: ${state}\n`,
    toTable([
      ['workers', `${workers.replied} of ${workers.configured} replied`],
      [
        'configuration',
        `loaded ${configuration.loadedAt}, ${configuration.errors} errors, ${configuration.warnings} warnings`,
      ],
      ['routers', count('routers')],
      ['services', count('services')],
      ['middlewares', count('middlewares')],
      ['requests', `${requests.total}, ${requests.refused} refused`],
      [
        'tokens',
        `${tokens.cached} cached; look-ups: ${tokens.memory} memory, ${tokens.store} store, ${tokens.authorizationServer} authorization server`,
      ],
      ['refreshes', `${tokens.failingRenewals} credentials fail`],
    ]),
    ...toList('Authorization servers', [
      ['endpoint', 'use', 'status', 'breaker', 'p50', 'p99', 'last failure'],
      ...authorizationServers.map((server) => [
        server.endpoint,
        server.use,
        server.status,
        server.breaker,
        `${server.latencyMs?.p50 ?? '-'} ms`,
        `${server.latencyMs?.p99 ?? '-'} ms`,
        server.lastFailure === null ? '-' : `${server.lastFailure.at} ${server.lastFailure.detail}`,
      ]),
    ]),
    ...toList('Broken routers', [
      ['router', 'reason'],
      ...brokenRouters.map(({ name, error = [] }) => [name, error.join('; ')]),
    ]),
    ...toList('Last refusals', [
      ['time', 'status', 'code', 'client', 'router', 'reason'],
      ...refusals.map(({ at, status: code, router, clientID, reason, detail, ...rest }) => [
        ...[at, String(code), rest.code, clientID ?? '-', router ?? '-', reason ?? detail],
      ]),
    ]),
  ].join('');
}

/** Nothing without entries. */
const toList = (title: string, rows: readonly (readonly string[])[]): readonly string[] =>
  rows.length < 2 ? [] : [`\n${toPrintable(title)}\n`, toTable(rows)];
