import type { Clock } from '@grantgate/middleware/base/clock';
import { createClient } from '../http1/client/client.ts';
import type { ClientLimits } from '../http1/client/limits.ts';
import type { Pool, PoolStats } from '../http1/client/pool.ts';
import { createDeadlines, toTickMs } from '../http1/message/deadlines.ts';
import { createReadBuffers } from '../http1/message/read-buffers.ts';
import { createAlpnPool } from '../http2/client/alpn-pool.ts';
import type { Http2Limits } from '../http2/client/limits.ts';
import { createHttp2Pool } from '../http2/client/pool.ts';
import { createWriteBuffers } from '../http2/frames/write-buffers.ts';
import { createSharing, type Use } from '../reload/shared-resources.ts';
import type { UpstreamTransport } from './transport.ts';

/**
 * Keep-alive connections, one pool per origin and transport, shared by all services that use it. Released by its last user, a pool
 * closes every connection once its requests in flight have ended.
 */
export interface Pools {
  /** @param transport default: the transport of services without their own. */
  forOrigin(origin: string, transport?: UpstreamTransport): Use<Pool>;
  stats(): readonly OriginStats[];
}

/** The connections to one origin. */
export interface OriginStats extends PoolStats {
  readonly origin: string;
}

/** For requests. */
export const createPools = (clock: Clock, transport: UpstreamTransport): Pools =>
  openPools(clock, transport, toLimits);

/**
 * For health checks, separate from the connections of requests. Each check opens its own connection, so that a late response is not
 * mistaken for that of the next check, and has one time limit for everything.
 */
export const createHealthPools = (clock: Clock, transport: UpstreamTransport): Pools =>
  openPools(clock, transport, (one) => {
    const { http1, http2 } = toLimits(one);
    const own = { headMs: 0, bodyIdleMs: 0, idleMs: 0 };
    return { http1: { ...http1, ...own }, http2: { ...http2, ...own } };
  });

interface ProtocolLimits {
  readonly http1: ClientLimits;
  readonly http2: Http2Limits;
}

function toLimits(transport: UpstreamTransport): ProtocolLimits {
  const http1 = {
    connectMs: transport.dialTimeoutMs,
    headMs: transport.responseHeaderTimeoutMs,
    bodyIdleMs: transport.bodyIdleTimeoutMs,
    idleMs: transport.idleConnTimeoutMs,
    maxIdle: transport.maxIdleConnsPerHost,
    maxHeadBytes: transport.maxResponseHeaderBytes,
  };
  const { readIdleTimeoutMs: readIdleMs, pingTimeoutMs: pingMs, http2IdleTimeoutMs: idleMs } = transport;
  return { http1, http2: { ...http1, idleMs, readIdleMs, pingMs } };
}

/** Opens pools of a transport with the protocol of an origin: `h2c` means HTTP/2 without TLS, with prior knowledge. */
function createOpenPool(
  clock: Clock,
  { tls, disablesHttp2 }: UpstreamTransport,
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

function openPools(
  clock: Clock,
  standard: UpstreamTransport,
  limitsOf: (transport: UpstreamTransport) => ProtocolLimits,
): Pools {
  const pools = createSharing<OriginPool>(({ pool }) => pool.close());
  const clients = new WeakMap<UpstreamTransport, NumberedClient>();
  let count = 0;
  const clientOf = (transport: UpstreamTransport): NumberedClient => {
    let client = clients.get(transport);
    if (client === undefined) {
      client = { id: (count += 1), open: createOpenPool(clock, transport, limitsOf(transport)) };
      clients.set(transport, client);
    }
    return client;
  };
  return {
    forOrigin(origin, transport = standard) {
      const { id, open } = clientOf(transport);
      const use = pools.acquire(`${id} ${origin}`, () => ({ origin, pool: open(origin) }));
      return { value: use.value.pool, release: () => use.release() };
    },
    stats: () => pools.entries().map(([, { origin, pool }]) => ({ origin, ...pool.stats() })),
  };
}

interface OriginPool {
  readonly origin: string;
  readonly pool: Pool;
}

interface NumberedClient {
  readonly id: number;
  readonly open: (origin: string) => Pool;
}
