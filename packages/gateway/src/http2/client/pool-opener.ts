import type { Clock } from '@grantgate/middleware/base/clock';
import { createClient } from '../../http1/client/client.ts';
import type { ServerTls } from '../../http1/client/dial.ts';
import type { ClientLimits } from '../../http1/client/limits.ts';
import type { Pool } from '../../http1/client/pool.ts';
import { createDeadlines, toTickMs } from '../../http1/message/deadlines.ts';
import { createReadBuffers } from '../../http1/message/read-buffers.ts';
import { createWriteBuffers } from '../frames/write-buffers.ts';
import { createAlpnPool } from './alpn-pool.ts';
import type { Http2Limits } from './limits.ts';
import { createHttp2Pool } from './pool.ts';

/** Limits of connections with either protocol. */
export interface ProtocolLimits {
  readonly http1: ClientLimits;
  readonly http2: Http2Limits;
}

/**
 * Opens pools with the protocol of an origin: `h2c` means HTTP/2 without TLS, with prior knowledge; servers of `https` choose by ALPN,
 * unless `disablesHttp2`.
 */
export function createPoolOpener(
  clock: Clock,
  { tls, disablesHttp2 }: { readonly tls: ServerTls | undefined; readonly disablesHttp2: boolean },
  { http1, http2: limits }: ProtocolLimits,
): (origin: string) => Pool {
  const client = createClient(clock, http1, tls);
  const { connectMs, headMs, bodyIdleMs, idleMs, readIdleMs, pingMs } = limits;
  const tickMs = toTickMs([connectMs, headMs, bodyIdleMs, idleMs, readIdleMs, pingMs]);
  const http2 = {
    limits,
    deadlines: createDeadlines(clock, tickMs),
    readBuffers: createReadBuffers(),
    writeBuffers: createWriteBuffers(),
  };
  return (origin) => {
    if (origin.startsWith('h2c:')) return createHttp2Pool(origin, http2, tls);
    const pool = client.createPool(origin);
    return disablesHttp2 || !origin.startsWith('https:')
      ? pool
      : createAlpnPool(origin, pool, { ...http2, clock }, tls);
  };
}
