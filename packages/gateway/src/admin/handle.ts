import type { Handle } from '../pipeline/handle.ts';

/** What the entry point `admin` answers by itself; anything else goes to the routers that name it. */
export function createAdminHandle(options: { readonly ping: boolean; readonly next: Handle }): Handle {
  return (exchange) => {
    const { request, response, facts } = exchange;
    if (!options.ping || facts.path !== '/ping') {
      options.next(exchange);
      return;
    }
    request.resume();
    response.writeHead(200, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' });
    response.end('OK');
  };
}
