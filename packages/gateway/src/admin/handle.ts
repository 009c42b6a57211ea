import { STATUS_CODES } from 'node:http';
import type { IncomingRequest } from '../proxy/incoming-request.ts';
import type { Handle } from '../pipeline/handle.ts';
import type { PendingRequest } from '../pipeline/refusals.ts';
import { noTrailers } from '../http1/message/response-writer.ts';
import type { PurgeRequest, PurgeResult } from '../snapshot/token-purge.ts';
import { respondToPurge } from './purge-response.ts';
import type { Page } from './page.ts';

export interface AdminOptions {
  /** Status of `/ping` now; undefined: `/ping` and `/ready` are not served here. */
  readonly ping?: (() => number) | undefined;
  /** Why the gateway is not ready, for each provider that is not. */
  readonly unready: () => readonly string[];
  /** Response of `/metrics`; undefined when there is none. Rejects when the metrics of the workers are unavailable. */
  readonly metrics?: (() => Promise<Page>) | undefined;
  /** Drops tokens for `POST /api/tokens/purge`; undefined: that is not answered here. Rejects when a worker does not reply in time. */
  readonly purge?: ((request: PurgeRequest) => Promise<PurgeResult>) | undefined;
  readonly next: Handle;
}

/**
 * Responses of an entry point itself, of `admin` for the most part: `/ping`, 200 while the gateway runs; `/ready`, 503 with the reason until all
 * configuration has been read, and while files of routes are missing; `/metrics`; `POST /api/tokens/purge`. Any other request
 * goes to the routers of the entry point.
 */
export function createAdminHandle({ ping, unready, metrics, purge, next }: AdminOptions): Handle {
  return (incoming) => {
    const { facts, refusal } = incoming;
    if (refusal !== undefined) return next(incoming);
    if (ping !== undefined && facts.path === '/ping') {
      const status = ping();
      write(incoming, status, plain(STATUS_CODES[status] ?? String(status)));
      return answered;
    }
    if (ping !== undefined && facts.path === '/ready') {
      const reasons = unready();
      const ok = reasons.length === 0;
      write(incoming, ok ? 200 : 503, plain(ok ? 'OK' : `not ready: ${reasons.join('; ')}`));
      return answered;
    }
    if (metrics !== undefined && facts.path === '/metrics') {
      metrics().then(
        (page) => write(incoming, 200, page),
        () => write(incoming, 503, plain('worker metrics are unavailable')),
      );
      return answered;
    }
    if (purge !== undefined && facts.path === '/api/tokens/purge') {
      void respondToPurge(incoming, purge).then(({ status, headers, ...page }) =>
        write(incoming, status, page, headers),
      );
      return answered;
    }
    return next(incoming);
  };
}

/** Nothing of it is waited for. */
const answered: PendingRequest = Object.freeze({ refuse() {} });

const plain = (text: string): Page => ({ type: 'text/plain; charset=utf-8', text });

function write(
  { response }: IncomingRequest,
  status: number,
  { type, text }: Page,
  more: readonly string[] = [],
): void {
  // The caller may have gone away meanwhile.
  if (response.over) return;
  const body = Buffer.from(text);
  const headers = [...more, 'Content-Type', type, 'Cache-Control', 'no-store'];
  headers.push('Content-Length', String(body.length));
  response.begin({ status, reason: STATUS_CODES[status] ?? '', headers, dated: true, reused: false });
  response.end(body, false, noTrailers);
}
