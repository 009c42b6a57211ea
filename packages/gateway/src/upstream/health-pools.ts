import type { Pool } from 'undici';
import { createSharing, type Use } from '../reload/sharing.ts';
import type { UpstreamTransport } from './transport.ts';

/** Connections to one origin. */
export interface HealthPool {
  readonly request: Pool['request'];
  close(): Promise<void>;
}

/** Connections for health checks, one pool per origin; apart from those of requests, which checks must not take from. */
export interface HealthPools {
  forOrigin(origin: string): Use<HealthPool>;
}

export function createHealthPools(transport: UpstreamTransport): HealthPools {
  const pools = createSharing<HealthPool>((pool) => pool.close());
  return { forOrigin: (origin) => pools.acquire(origin, () => openPool(origin, transport)) };
}

/** Only a gateway with health checks loads undici. */
function openPool(origin: string, transport: UpstreamTransport): HealthPool {
  const loading = import('./health-pool.ts').then(({ createHealthPool }) =>
    createHealthPool(origin, transport),
  );
  return {
    request: async (options) => (await loading).request(options),
    close: async () => (await loading).close(),
  };
}
