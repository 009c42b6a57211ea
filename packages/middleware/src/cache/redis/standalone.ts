import type { RedisClient } from './client.ts';
import { connectionOptions, reconnectDelayMs, toTlsOptions } from './connection-options.ts';
import { forgetSilenceOnClose } from './forget-silence.ts';
import type { Ioredis } from './load-ioredis.ts';
import type { RedisEndpoint, RedisStoreOptions } from './options.ts';

/** Connects to one server, and again whenever the connection is lost. */
export function connectStandalone(
  { Redis }: Ioredis,
  options: RedisStoreOptions,
  { host, port }: RedisEndpoint,
): RedisClient {
  const { database, tls } = options;
  const client = new Redis({
    ...connectionOptions(options),
    host,
    port,
    db: database,
    ...(tls === undefined ? {} : { tls: toTlsOptions(tls) }),
    enableOfflineQueue: false,
    retryStrategy: reconnectDelayMs,
  });
  return forgetSilenceOnClose(client);
}
