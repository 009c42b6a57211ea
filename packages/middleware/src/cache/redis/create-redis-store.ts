import type { TokenStore } from '../store.ts';
import { connectCluster } from './cluster.ts';
import { loadIoredis } from './load-ioredis.ts';
import type { RedisStoreOptions } from './options.ts';
import { createStoreOver } from './redis-store.ts';
import { connectThroughSentinels } from './sentinel.ts';
import { connectStandalone } from './standalone.ts';

/**
 * Creates a store in Redis, and begins to connect. It never waits for a connection: while there is none, operations reject at
 * once, and it connects again by itself, for ever. Several endpoints without sentinels are those of a cluster, as in Traefik.
 *
 * @throws RangeError without endpoints; Error when `ioredis` is not installed, or when a PEM text cannot be used.
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
