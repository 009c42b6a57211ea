import type { Socket } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';
import { createDeadlines, toTickMs } from '../http1/deadlines.ts';
import { createReadBuffers } from '../http1/read-buffers.ts';
import { createAnswerTexts } from './answer-texts.ts';
import { CallerConnection, type CallerConnectionDeps } from './caller-connection.ts';
import type { ConnectionFactsOf } from './connection-facts.ts';
import type { LaneDeps } from './node-lane.ts';
import { createReadFrom } from './socket-reads.ts';

export interface ShortLaneDeps extends Omit<LaneDeps, 'readFacts'>, Pick<CallerConnectionDeps, 'toNodeLane'> {
  readonly clock: Clock;
  readonly connectionOf: ConnectionFactsOf;
}

/**
 * Serves requests of the plain form, one after the other on each connection, without Node.js's HTTP server. The first that
 * is anything else goes to the other lane, and its connection with it.
 */
export interface ShortLane {
  /** Takes a new connection. */
  accept(socket: Socket): void;
  /** Closes connections that have had an answer and bring no request. */
  closeIdle(): void;
}

export function createShortLane({ clock, connectionOf, ...deps }: ShortLaneDeps): ShortLane {
  const { headerTimeoutMs, readTimeoutMs, idleTimeoutMs } = deps.config.transport;
  const firstMs = readTimeoutMs === 0 ? headerTimeoutMs : Math.min(headerTimeoutMs, readTimeoutMs);
  const idle = new Set<Socket>();
  const common: CallerConnectionDeps = {
    ...deps,
    deadlines: createDeadlines(clock, toTickMs([firstMs, readTimeoutMs, idleTimeoutMs])),
    texts: createAnswerTexts(clock),
    keepAlive:
      idleTimeoutMs > 0
        ? `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(idleTimeoutMs / 1000)}\r\n`
        : 'Connection: keep-alive\r\n',
    readFrom: createReadFrom(createReadBuffers()),
    idle,
  };
  return {
    accept(socket) {
      new CallerConnection(socket, connectionOf(socket), firstMs, common);
    },
    closeIdle() {
      for (const socket of idle) socket.destroy();
    },
  };
}
