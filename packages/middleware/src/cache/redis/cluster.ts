import type { Redis } from 'ioredis';
import type { RedisClient } from './client.ts';
import { connectionOptions, connectTimeoutMs, reconnectDelayMs, toTlsOptions } from './connection-options.ts';
import type { Ioredis } from './load-ioredis.ts';
import type { RedisStoreOptions } from './options.ts';
import { reportingConnector } from './reporting-connector.ts';
import { checkSlotMaps } from './slot-map.ts';

/** Discovers the nodes from any endpoint that responds, and connects to the master of each key. */
export function connectCluster(ioredis: Ioredis, options: RedisStoreOptions): RedisClient {
  const cluster = new ioredis.Cluster(
    options.endpoints.map(({ host, port }) => ({ host, port })),
    {
      redisOptions: {
        ...connectionOptions(options),
        Connector: reportingConnector(ioredis, (error) => cluster.emit('nodeError', error)),
        ...(options.tls === undefined ? {} : { tls: toTlsOptions(options.tls) }),
      },
      // Host names are kept, because the certificate of a node carries its name rather than its address.
      dnsLookup: (host, callback) => callback(null, host),
      enableOfflineQueue: false,
      clusterRetryStrategy: reconnectDelayMs,
      // Longer than the time limit of a connection, which reports a more precise reason.
      slotsRefreshTimeout: connectTimeoutMs + 500,
      slotsRefreshInterval: 10_000,
      // While slots move, nodes may redirect a command repeatedly; no request waits for it beyond the limit of the store.
      maxRedirections: 16,
    },
  );
  checkSlotMaps(cluster);
  // `ioredis` drops the promise of an ASKING. An error reply to it, or a connection lost meanwhile, would crash the process.
  cluster.on('+node', (node: Redis) => {
    const asking: () => Promise<'OK'> = node.asking.bind(node);
    node.asking = () => {
      const reply = asking();
      reply.catch(() => {});
      return reply;
    };
  });
  return cluster;
}
