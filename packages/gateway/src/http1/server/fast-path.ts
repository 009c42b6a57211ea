import type { Socket } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';
import { createDeadlines, toTickMs } from '../message/deadlines.ts';
import { createReadBuffers } from '../message/read-buffers.ts';
import { createResponseTexts } from './response-texts.ts';
import { CallerConnection, type CallerConnectionDeps } from './caller-connection.ts';
import type { ConnectionFactsOf } from './connection-facts.ts';
import type { FallbackDeps } from './node-fallback.ts';
import { createReadFrom } from './socket-reads.ts';

export interface FastPathDeps
  extends Omit<FallbackDeps, 'readFacts'>, Pick<CallerConnectionDeps, 'toNodeFallback' | 'http2'> {
  readonly clock: Clock;
  /** Called once per connection. */
  readonly readConnection: ConnectionFactsOf;
}

/**
 * Serves requests of the plain form, one after the other on each connection, without Node.js's HTTP server. At the first request
 * with another form, the connection moves to the fallback, Node.js's HTTP server, and stays there.
 */
export interface FastPath {
  /** Accepts a new connection. */
  accept(socket: Socket): void;
  /** Closes connections whose last response has ended, and on which no further request has arrived. */
  closeIdle(): void;
}

export function createFastPath({ clock, readConnection, ...deps }: FastPathDeps): FastPath {
  const { headerTimeoutMs, readTimeoutMs, idleTimeoutMs } = deps.config.transport;
  const firstMs = readTimeoutMs === 0 ? headerTimeoutMs : Math.min(headerTimeoutMs, readTimeoutMs);
  const idle = new Set<Socket>();
  const common: CallerConnectionDeps = {
    ...deps,
    deadlines: createDeadlines(clock, toTickMs([firstMs, readTimeoutMs, idleTimeoutMs])),
    texts: createResponseTexts(clock),
    keepAlive:
      idleTimeoutMs > 0
        ? `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(idleTimeoutMs / 1000)}\r\n`
        : 'Connection: keep-alive\r\n',
    readFrom: createReadFrom(createReadBuffers()),
    idle,
  };
  return {
    accept(socket) {
      new CallerConnection(socket, readConnection(socket), firstMs, common);
    },
    closeIdle() {
      for (const socket of idle) socket.destroy();
    },
  };
}
