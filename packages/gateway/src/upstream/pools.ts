import type { Clock } from '@grantgate/middleware/base/clock';
import { createClient } from '../http1/client/client.ts';
import type { ClientLimits } from '../http1/client/limits.ts';
import type { Pool, PoolStats } from '../http1/client/pool.ts';
import { createSharing, type Use } from '../reload/shared-resources.ts';
import type { UpstreamTransport } from './transport.ts';

/**
 * Keep-alive connections, one pool per origin whatever the number of services that use it. After its last user a pool closes
 * every connection, once the requests under way are answered.
 */
export interface Pools {
  forOrigin(origin: string): Use<Pool>;
  stats(): readonly OriginStats[];
}

/** The connections to one origin. */
export interface OriginStats extends PoolStats {
  readonly origin: string;
}

/** For requests. */
export const createPools = (clock: Clock, transport: UpstreamTransport): Pools =>
  openPools(clock, toLimits(transport));

/**
 * For health checks, apart from the connections of requests. Each opens a connection, so that what a server sends late is not the
 * response to the next check, and has a time limit that covers the whole of it.
 */
export const createHealthPools = (clock: Clock, transport: UpstreamTransport): Pools =>
  openPools(clock, { ...toLimits(transport), headMs: 0, bodyIdleMs: 0, idleMs: 0 });

const toLimits = (transport: UpstreamTransport): ClientLimits => ({
  connectMs: transport.dialTimeoutMs,
  headMs: transport.responseHeaderTimeoutMs,
  bodyIdleMs: transport.bodyIdleTimeoutMs,
  idleMs: transport.idleConnTimeoutMs,
  maxHeadBytes: transport.maxResponseHeaderBytes,
});

function openPools(clock: Clock, limits: ClientLimits): Pools {
  const pools = createSharing<Pool>((pool) => pool.close());
  const client = createClient(clock, limits);
  return {
    forOrigin: (origin) => pools.acquire(origin, () => client.createPool(origin)),
    stats: () => pools.entries().map(([origin, pool]) => ({ origin, ...pool.stats() })),
  };
}
