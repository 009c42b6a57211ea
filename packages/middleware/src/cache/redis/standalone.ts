import type { RedisClient } from './client.ts';
import { connectionOptions, toTlsOptions } from './connection-options.ts';
import type { Ioredis } from './load-ioredis.ts';
import type { RedisEndpoint, RedisStoreOptions } from './options.ts';
import { reportingConnector } from './reporting-connector.ts';
import { createServerClient } from './server-client.ts';

/** Connects to one server, and reconnects whenever the connection is lost. */
export function connectStandalone(
  ioredis: Ioredis,
  options: RedisStoreOptions,
  { host, port }: RedisEndpoint,
): RedisClient {
  const { database, tls } = options;
  const client = createServerClient(ioredis, {
    ...connectionOptions(options),
    Connector: reportingConnector(ioredis, (error) => void client.emit('nodeError', error)),
    host,
    port,
    db: database,
    ...(tls === undefined ? {} : { tls: toTlsOptions(tls) }),
  });
  return client;
}
