import type { Handle } from '../pipeline/handle.ts';

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
    const { request, response, facts, refusal } = exchange;
    const isOwn = facts.path === '/ping' || facts.path === '/ready';
    if (!ping || !isOwn || refusal !== undefined) return next(exchange);
    const ok = facts.path === '/ping' || isReady();
    response.writeHead(ok ? 200 : 503, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Cache-Control': 'no-store',
    });
    request.resume();
    response.end(ok ? 'OK' : 'not ready');
    return () => {};
  };
}
