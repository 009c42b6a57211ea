import type { Clock } from '@grantgate/middleware/base/clock';
import { systemClock } from '@grantgate/middleware/base/clock';
import { withApi, type AdminClient, type ApiFlags } from './api-client.ts';
import type { Io } from './io.ts';
import { toStatusText, type GatewayStatus } from './status-text.ts';
import { createStyle } from './style.ts';
import { untilStopped } from './until-stopped.ts';

export interface StatusFlags extends ApiFlags {
  readonly watch?: boolean;
}

/** Milliseconds between two refreshes of `--watch`. */
const everyMs = 2_000;
/** Maximum number of entries per list. */
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
  const [overview, authorizationServers, stores, certificates, brokenRouters, refusals] = await Promise.all([
    client.get('/api/overview'),
    client.get('/api/authorization-servers'),
    client.get('/api/stores'),
    client.get(`/api/certificates?per_page=${maxShown}`),
    client.get(`/api/http/routers?status=disabled&per_page=${maxShown}`),
    client.get(`/api/requests/recent?per_page=${maxShown}`),
  ]);
  // A gateway of this version responds according to its shapes.
  const all = { overview, authorizationServers, stores, certificates, brokenRouters, refusals };
  return all as GatewayStatus;
}

const isWell = ({ overview }: GatewayStatus): boolean =>
  overview.ready && overview.http.routers.errors === 0 && overview.authorizationServers.failing === 0;

const toText = (status: GatewayStatus, { json = false }: StatusFlags, io: Io): string =>
  json ? `${JSON.stringify(status)}\n` : toStatusText(status, createStyle(io.stdout));
