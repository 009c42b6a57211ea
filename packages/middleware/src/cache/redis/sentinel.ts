import type { RedisClient } from './client.ts';
import { connectionOptions, connectTimeoutMs, reconnectDelayMs, toTlsOptions } from './connection-options.ts';
import type { Ioredis } from './load-ioredis.ts';
import type { RedisSentinel, RedisStoreOptions } from './options.ts';
import { reportingSentinelConnector } from './reporting-sentinel-connector.ts';
import { createServerClient } from './server-client.ts';

/**
 * Asks the sentinels for the master and connects to it, and reconnects whenever the connection is lost. A failover needs no
 * subscription: the sentinels disconnect the clients of a replaced master, and a dead one is silent.
 */
export function connectThroughSentinels(
  ioredis: Ioredis,
  options: RedisStoreOptions,
  sentinel: RedisSentinel,
): RedisClient {
  const tls = options.tls === undefined ? undefined : toTlsOptions(options.tls);
  const client = createServerClient(ioredis, {
    ...connectionOptions(options),
    Connector: reportingSentinelConnector(ioredis, {
      ofMaster: (error) => void client.emit('nodeError', error),
      ofSentinel: (error) => void client.emit('sentinelError', error),
    }),
    sentinels: options.endpoints.map(({ host, port }) => ({ host, port })),
    name: sentinel.masterSet,
    role: 'master',
    ...(sentinel.username === undefined ? {} : { sentinelUsername: sentinel.username }),
    ...(sentinel.password === undefined ? {} : { sentinelPassword: sentinel.password.reveal() }),
    ...(tls === undefined ? {} : { tls, sentinelTLS: tls, enableTLSForSentinelMode: true }),
    sentinelCommandTimeout: connectTimeoutMs,
    sentinelRetryStrategy: reconnectDelayMs,
    db: options.database,
  });
  return client;
}
