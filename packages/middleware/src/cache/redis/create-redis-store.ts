import type { TokenStore } from '../store.ts';
import { connectCluster } from './cluster.ts';
import { loadIoredis } from './load-ioredis.ts';
import type { RedisStoreOptions } from './options.ts';
import { createStoreOver } from './redis-store.ts';
import { connectThroughSentinels } from './sentinel.ts';
import { connectStandalone } from './server-client.ts';

/**
 * Creates a store in Redis, and starts to connect. It never waits for a connection: without one, operations reject at once,
 * and it reconnects by itself without giving up. Several endpoints without sentinels belong to a cluster, as in Traefik.
 * @throws RangeError without endpoints; Error when `ioredis` is not installed, or when a PEM text is invalid.
 */
export function createRedisStore(options: RedisStoreOptions): TokenStore {
  const { cluster, sentinel, endpoints } = options;
  const [only, ...others] = endpoints;
  if (only === undefined) throw new RangeError('endpoints: expected one or more');
  const ioredis = loadIoredis();
  if (sentinel !== undefined) return createStoreOver(connectThroughSentinels(ioredis, options, sentinel));
  if (cluster || others.length > 0) return createStoreOver(connectCluster(ioredis, options));
  return createStoreOver(connectStandalone(ioredis, options, only));
}
