import type { Clock } from '@grantgate/middleware/base/clock';
import { createClient, type HttpClient } from '../http1/client/client.ts';
import type { ClientLimits } from '../http1/client/limits.ts';
import type { Pool, PoolStats } from '../http1/client/pool.ts';
import { createSharing, type Use } from '../reload/shared-resources.ts';
import type { UpstreamTransport } from './transport.ts';

/**
 * Keep-alive connections, one pool per origin and transport, shared by all services that use it. Released by its last user, a pool
 * closes every connection once its requests in flight have ended.
 */
export interface Pools {
  /** @param transport default: the transport of services that name none. */
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
 * taken for that of the next check, and has one time limit for the whole exchange.
 */
export const createHealthPools = (clock: Clock, transport: UpstreamTransport): Pools =>
  openPools(clock, transport, (one) => ({ ...toLimits(one), headMs: 0, bodyIdleMs: 0, idleMs: 0 }));

const toLimits = (transport: UpstreamTransport): ClientLimits => ({
  connectMs: transport.dialTimeoutMs,
  headMs: transport.responseHeaderTimeoutMs,
  bodyIdleMs: transport.bodyIdleTimeoutMs,
  idleMs: transport.idleConnTimeoutMs,
  maxIdle: transport.maxIdleConnsPerHost,
  maxHeadBytes: transport.maxResponseHeaderBytes,
});

function openPools(
  clock: Clock,
  standard: UpstreamTransport,
  limitsOf: (transport: UpstreamTransport) => ClientLimits,
): Pools {
  const pools = createSharing<OriginPool>(({ pool }) => pool.close());
  const clients = new WeakMap<UpstreamTransport, NumberedClient>();
  let count = 0;
  const clientOf = (transport: UpstreamTransport): NumberedClient => {
    let client = clients.get(transport);
    if (client === undefined) {
      client = { id: (count += 1), client: createClient(clock, limitsOf(transport), transport.tls) };
      clients.set(transport, client);
    }
    return client;
  };
  return {
    forOrigin(origin, transport = standard) {
      const { id, client } = clientOf(transport);
      const use = pools.acquire(`${id} ${origin}`, () => ({ origin, pool: client.createPool(origin) }));
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
  readonly client: HttpClient;
}
