import { STATUS_CODES } from 'node:http';
import type { Handle } from '../pipeline/handle.ts';
import { noTrailers } from '../proxy/answer.ts';

export interface AdminOptions {
  /** Whether `/ping` and `/ready` are answered. */
  readonly ping: boolean;
  /** Whether everything that the providers know has been read. */
  readonly isReady: () => boolean;
  readonly next: Handle;
}

/**
 * What the entry point `admin` answers by itself: `/ping`, 200 as long as the gateway runs, and `/ready`, 503 until it has read all
 * of its configuration. Anything else goes to the routers that name it.
 */
export function createAdminHandle({ ping, isReady, next }: AdminOptions): Handle {
  return (exchange) => {
    const { answer, facts, refusal } = exchange;
    const isOwn = facts.path === '/ping' || facts.path === '/ready';
    if (!ping || !isOwn || refusal !== undefined) return next(exchange);
    const ok = facts.path === '/ping' || isReady();
    const status = ok ? 200 : 503;
    const body = Buffer.from(ok ? 'OK' : 'not ready');
    const headers = ['Content-Type', 'text/plain; charset=utf-8', 'Cache-Control', 'no-store'];
    headers.push('Content-Length', String(body.length));
    answer.begin({ status, reason: STATUS_CODES[status] ?? '', headers, dated: true, reused: false });
    answer.end(body, false, noTrailers);
    return () => {};
  };
}
