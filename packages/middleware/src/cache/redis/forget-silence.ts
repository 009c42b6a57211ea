import type { Redis } from 'ioredis';

/**
 * Stops the count of a connection's silence when the connection is closed. `ioredis` 5 leaves its timer running, which then
 * destroys the next connection, however well that one does.
 */
export function forgetSilenceOnClose(client: Redis): Redis {
  // Private in the types; without it, nothing but this remedy is lost.
  const inner = client as unknown as { socketTimeoutTimer?: NodeJS.Timeout | undefined };
  client.on('close', () => {
    clearTimeout(inner.socketTimeoutTimer);
    inner.socketTimeoutTimer = undefined;
  });
  return client;
}
