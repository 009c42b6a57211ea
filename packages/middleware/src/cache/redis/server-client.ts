import type { Redis, RedisOptions } from 'ioredis';
import { reconnectDelayMs, connectionOptions, toTlsOptions } from './connection-options.ts';
import type { Ioredis } from './load-ioredis.ts';
import type { RedisClient } from './client.ts';
import type { RedisEndpoint, RedisStoreOptions } from './options.ts';
import { reportingConnector } from './reporting-connector.ts';

/** Creates a client of one server, or of the server that sentinels name. It reconnects without giving up. */
export function createServerClient(ioredis: Ioredis, options: RedisOptions): Redis {
  let leaving = false;
  const client = new ioredis.Redis({
    ...options,
    enableOfflineQueue: false,
    retryStrategy: reconnectDelayMs,
    // A master became a replica: reconnecting finds its successor. Reconnect only once for all responses that report it, because
    // `ioredis` begins to disconnect with each, and adds a timer and a listener to the socket every time.
    reconnectOnError: ({ message }) => !leaving && (leaving = message.startsWith('READONLY')),
  });
  // Private in the types. If it disappears, only this recovery is lost.
  const inner = client as unknown as { socketTimeoutTimer?: NodeJS.Timeout | undefined };
  client.on('close', () => {
    leaving = false;
    // The timer of the old connection: `ioredis` 5 leaves it running, and it would then destroy the next connection.
    clearTimeout(inner.socketTimeoutTimer);
    inner.socketTimeoutTimer = undefined;
  });
  return client;
}

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
