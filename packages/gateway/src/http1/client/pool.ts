import { openConnection, type Connection } from './connection.ts';
import type { ClientLimits } from './limits.ts';
import type { Deadlines, DeadlineOwner } from '../message/deadlines.ts';
import { createDialer, type ServerTls } from './dial.ts';
import type { ReadBuffers } from '../message/read-buffers.ts';
import { toRequestHead } from './request-head.ts';
import type { RequestControl, OutgoingRequest, ResponseHandler } from './request.ts';

/**
 * Keep-alive connections to one origin, one for each concurrent request; the most recently used one is used first. A request
 * that was written is never sent again: the server may have acted on it.
 */
export interface Pool {
  /** Sends a request; `handler` gets its outcome, possibly before this returns. */
  dispatch(request: OutgoingRequest, handler: ResponseHandler): RequestControl;
  stats(): PoolStats;
  /** Closes idle connections at once, the others after their responses; resolves when none is left. */
  close(): Promise<void>;
}

export interface PoolStats {
  /** Number of connections, including those that are being opened. */
  readonly open: number;
  readonly idle: number;
  /** Number of requests in flight, including those that wait for a connection. */
  readonly inFlight: number;
}

export interface PoolDeps {
  readonly limits: ClientLimits;
  readonly deadlines: Deadlines;
  readonly buffers: ReadBuffers;
}

/** @param origin `http://host[:port]` or `https://host[:port]`. */
export function createPool(origin: string, deps: PoolDeps, tls?: ServerTls): Pool {
  const keepsAlive = deps.limits.idleMs > 0;
  const connections = new Set<Connection>();
  const idle: Connection[] = [];
  let closed = false;
  /** Set while no connection is reused. */
  let distrusted = false;
  const distrust: DeadlineOwner = {
    deadline: Infinity,
    onExpired() {
      distrusted = false;
      deps.deadlines.remove(distrust);
    },
  };
  let onEmpty: (() => void) | undefined;
  const connectionDeps = {
    ...deps,
    dialer: createDialer(origin, tls),
    onUnsolicited(): void {
      if (closed) return;
      distrusted = true;
      deps.deadlines.add(distrust);
      distrust.deadline = deps.deadlines.notBefore(distrustMs);
      for (const connection of [...idle]) connection.close();
    },
    onIdle(connection: Connection): void {
      if (closed || distrusted || idle.length >= deps.limits.maxIdle) connection.close();
      else idle.push(connection);
    },
    onGone(connection: Connection): void {
      connections.delete(connection);
      const at = idle.lastIndexOf(connection);
      if (at >= 0) idle.splice(at, 1);
      if (connections.size === 0) onEmpty?.();
    },
  };
  const open = (once: boolean): Connection => {
    const connection = openConnection(connectionDeps, once);
    connections.add(connection);
    return connection;
  };
  return {
    dispatch(request, handler) {
      const head = toRequestHead(request, keepsAlive);
      if (head === undefined) {
        handler.onFault({ code: 'request_invalid', reason: 'a head that cannot be written' });
        return noCall;
      }
      if (closed) {
        handler.onFault({ code: 'connect_failed', reason: 'the pool is closed' });
        return noCall;
      }
      // A connection with another protocol leaves the pool.
      const isOnce = !keepsAlive || request.upgrade !== undefined;
      const connection = isOnce ? open(true) : (idle.pop() ?? open(false));
      return connection.send(request, head, handler);
    },
    stats: () => ({ open: connections.size, idle: idle.length, inFlight: connections.size - idle.length }),
    async close() {
      closed = true;
      deps.deadlines.remove(distrust);
      for (const connection of [...idle]) connection.close();
      if (connections.size > 0) await new Promise<void>((resolve) => (onEmpty = resolve));
    },
  };
}

/**
 * Milliseconds for which no connection to a server is reused after it sent unsolicited bytes. If these had arrived a moment later,
 * they would have been read as the response to the next request, and an attacker who made the server send them can repeat that.
 */
const distrustMs = 60_000;

const noCall: RequestControl = Object.freeze({ abort() {}, resume() {} });
