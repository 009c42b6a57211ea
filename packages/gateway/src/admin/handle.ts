import { STATUS_CODES } from 'node:http';
import type { IncomingRequest } from '../proxy/incoming-request.ts';
import type { Handle } from '../pipeline/handle.ts';
import type { PendingRequest } from '../pipeline/refusals.ts';
import { noTrailers } from '../http1/message/response-writer.ts';
import type { PurgeRequest, PurgeResult } from '../snapshot/token-purge.ts';
import { noSecret } from './api/api-authorization.ts';
import type { AdminDashboard } from './dashboard.ts';
import { respondToPurge } from './purge-response.ts';
import type { AdminPage } from './page.ts';

export interface AdminOptions {
  /** Current status of `/ping`; undefined: `/ping` and `/ready` are not served here. */
  readonly ping?: (() => number) | undefined;
  /** The reason why the gateway is not ready, for each provider that is not. */
  readonly unready: () => readonly string[];
  /** Response of `/metrics`; undefined when there is none. Rejects when the metrics of the workers are unavailable. */
  readonly metrics?: (() => Promise<AdminPage>) | undefined;
  /**
   * Drops tokens for `POST /api/tokens/purge`; undefined: the path is not served. Rejects when a worker does not reply in
   * time.
   */
  readonly purge?: ((request: PurgeRequest) => Promise<PurgeResult>) | undefined;
  /** Serves the paths below its prefix, except purges; undefined: there is no API. */
  readonly api?: AdminApi | undefined;
  /** Serves `/` and the paths below `/dashboard/`; undefined: there is no dashboard. */
  readonly dashboard?: AdminDashboard | undefined;
  /** Called with each response, before it is written. */
  readonly onResponse?: ((incoming: IncomingRequest, response: AdminResponse) => void) | undefined;
  readonly next: Handle;
}

/** The API of the gateway. */
export interface AdminApi {
  /** Prefix of its paths: `/api/`. */
  readonly prefix: string;
  /** Reason for refusing an action; undefined: the request may act. */
  refuseAction(
    facts: IncomingRequest['facts'],
  ): { readonly status: number; readonly detail: string } | undefined;
  /** @param onResponse called with each response, before it is written. */
  handle(incoming: IncomingRequest, onResponse: (status: number, bytes: number) => void): void;
}

/** A response of the gateway itself. */
export interface AdminResponse {
  /** Service that responds: `ping`, `metrics`, `api` or `dashboard`. */
  readonly service: string;
  readonly status: number;
  /** Size of its body. */
  readonly bytes: number;
}

/**
 * Responses of an entry point itself, usually `admin`: `/ping`, 200 while the gateway runs; `/ready`, 503 with the reason until all
 * configuration has been read, and while files of routes are missing; `/metrics`; `POST /api/tokens/purge`; the API; the dashboard.
 * Any other request goes to the routers of the entry point.
 */
export function createAdminHandle(options: AdminOptions): Handle {
  const { ping, unready, metrics, purge, api, dashboard, onResponse, next } = options;
  const purgePath = `${api?.prefix ?? '/api/'}tokens/purge`;
  return (incoming) => {
    const { facts, refusal } = incoming;
    const write: Write = (service, status, page, more) =>
      respond(incoming, status, page, { more, service, onResponse });
    if (refusal !== undefined) return next(incoming);
    if (ping !== undefined && facts.path === '/ping') {
      const status = ping();
      write('ping', status, plain(STATUS_CODES[status] ?? String(status)));
      return responded;
    }
    if (ping !== undefined && facts.path === '/ready') {
      const reasons = unready();
      const ok = reasons.length === 0;
      write('ping', ok ? 200 : 503, plain(ok ? 'OK' : `not ready: ${reasons.join('; ')}`));
      return responded;
    }
    if (metrics !== undefined && facts.path === '/metrics') {
      metrics().then(
        (page) => write('metrics', 200, page),
        () => write('metrics', 503, plain('worker metrics are unavailable')),
      );
      return responded;
    }
    if (purge !== undefined && facts.path === purgePath) {
      void respondToPurge(incoming, purge, api === undefined ? withoutApi : api.refuseAction(facts)).then(
        ({ status, headers, ...page }) => write('api', status, page, headers),
      );
      return responded;
    }
    if (api !== undefined && facts.path.startsWith(api.prefix)) {
      api.handle(incoming, (status, bytes) => onResponse?.(incoming, { service: 'api', status, bytes }));
      return responded;
    }
    if (dashboard?.serves(facts.path) === true) {
      dashboard.handle(incoming, (status, bytes) =>
        onResponse?.(incoming, { service: 'dashboard', status, bytes }),
      );
      return responded;
    }
    return next(incoming);
  };
}

/** Used without an API, and therefore without a secret. */
const withoutApi = { status: 403, detail: noSecret };

/** No work is in progress that could be cancelled. */
const responded: PendingRequest = Object.freeze({ refuse() {} });

const plain = (text: string): AdminPage => ({ type: 'text/plain; charset=utf-8', text });

type Write = (service: string, status: number, page: AdminPage, more?: readonly string[]) => void;

function respond(
  incoming: IncomingRequest,
  status: number,
  { type, text }: AdminPage,
  {
    more = [],
    service,
    onResponse,
  }: Pick<AdminOptions, 'onResponse'> & {
    readonly more: readonly string[] | undefined;
    readonly service: string;
  },
): void {
  const { response } = incoming;
  // The caller may have disconnected meanwhile.
  if (response.over) return;
  const body = Buffer.from(text);
  onResponse?.(incoming, { service, status, bytes: body.length });
  const headers = [...more, 'Content-Type', type, 'Cache-Control', 'no-store'];
  headers.push('Content-Length', String(body.length));
  response.begin({ status, reason: STATUS_CODES[status] ?? '', headers, dated: true, reused: false });
  response.end(body, false, noTrailers);
}
