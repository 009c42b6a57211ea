import type { Handle } from '../pipeline/handle.ts';

/** What the entry point `admin` answers by itself; anything else goes to the routers that name it. */
export function createAdminHandle(options: { readonly ping: boolean; readonly next: Handle }): Handle {
  return (exchange) => {
    const { request, response, facts, refusal } = exchange;
    if (!options.ping || facts.path !== '/ping' || refusal !== undefined) return options.next(exchange);
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
    request.resume();
    response.end('OK');
    return () => {};
  };
}
