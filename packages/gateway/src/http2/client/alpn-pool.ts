import type { Clock } from '@grantgate/middleware/base/clock';
import type { ServerTls } from '../../http1/client/dial.ts';
import type { Pool } from '../../http1/client/pool.ts';
import { createHttp2Pool, type Http2PoolDeps } from './pool.ts';

/** Milliseconds after which a server that chose HTTP/1.1 is offered HTTP/2 again, once no connection to it is open. */
const http1Ms = 600_000;

/**
 * Connections to an `https` origin with the protocol that the server chooses by ALPN (RFC 7301), HTTP/2 if it can. Requests for another
 * protocol, such as WebSocket, use HTTP/1.1.
 */
export function createAlpnPool(
  origin: string,
  http1: Pool,
  deps: Omit<Http2PoolDeps, 'http1'> & { readonly clock: Clock },
  tls?: ServerTls,
): Pool {
  let http1Until = -Infinity;
  const http2 = createHttp2Pool(
    origin,
    {
      ...deps,
      http1(request, handler) {
        http1Until = deps.clock.monotonic() + http1Ms;
        return http1.dispatch(request, handler);
      },
    },
    tls,
  );
  const usesHttp1 = (): boolean =>
    http1Until !== -Infinity && (http1.stats().open > 0 || deps.clock.monotonic() < http1Until);
  return {
    dispatch: (request, handler) =>
      (request.upgrade !== undefined || usesHttp1() ? http1 : http2).dispatch(request, handler),
    stats() {
      const [one, two] = [http1.stats(), http2.stats()];
      return { open: one.open + two.open, idle: one.idle + two.idle, inFlight: one.inFlight + two.inFlight };
    },
    async close() {
      await Promise.all([http1.close(), http2.close()]);
    },
  };
}
