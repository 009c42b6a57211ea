import type { Clock } from '@grantgate/middleware/base/clock';
import { createClient } from '../http1/client/client.ts';
import type { Pool, PoolStats } from '../http1/client/pool.ts';
import { createSharing, type Use } from '../reload/sharing.ts';
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

export function createPools(clock: Clock, transport: UpstreamTransport): Pools {
  const pools = createSharing<Pool>((pool) => pool.close());
  const client = createClient(clock, {
    connectMs: transport.dialTimeoutMs,
    headMs: transport.responseHeaderTimeoutMs,
    bodyIdleMs: transport.bodyIdleTimeoutMs,
    idleMs: transport.idleConnTimeoutMs,
    maxHeadBytes: transport.maxResponseHeaderBytes,
  });
  return {
    forOrigin: (origin) => pools.acquire(origin, () => client.createPool(origin)),
    stats: () => pools.entries().map(([origin, pool]) => ({ origin, ...pool.stats() })),
  };
}
