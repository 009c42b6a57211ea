import type { Clock } from '@grantgate/middleware/base/clock';
import type { Pool, PoolStats } from '../http1/client/pool.ts';
import { createPoolOpener, type ProtocolLimits } from '../http2/client/pool-opener.ts';
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
      client = { id: (count += 1), open: createPoolOpener(clock, transport, limitsOf(transport)) };
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
