import type { Socket } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { TransportConfig } from '../../config/entry-point-config.ts';

/** Counts the requests of each connection. */
export interface ConnectionLimits {
  /** Called once per request; returns whether its response is the last on the connection. */
  isLast(socket: Socket): boolean;
}

/** @returns undefined where connections have no limits. */
export function createConnectionLimits(
  { maxRequests, maxAgeMs }: TransportConfig,
  clock: Clock,
): ConnectionLimits | undefined {
  if (maxRequests === 0 && maxAgeMs === 0) return undefined;
  const connections = new WeakMap<Socket, { readonly since: number; requests: number }>();
  return {
    isLast(socket) {
      let known = connections.get(socket);
      if (known === undefined) connections.set(socket, (known = { since: clock.monotonic(), requests: 0 }));
      known.requests += 1;
      return (
        (maxRequests > 0 && known.requests >= maxRequests) ||
        (maxAgeMs > 0 && clock.monotonic() - known.since > maxAgeMs)
      );
    },
  };
}
