import type { Socket } from 'node:net';
import { createDeadlines, toTickMs, type DeadlineOwner } from '../../http1/message/deadlines.ts';
import { createDates } from '../../http1/message/dates.ts';
import { createReadBuffers } from '../../http1/message/read-buffers.ts';
import type { ConnectionFactsOf } from '../../http1/server/connection-facts.ts';
import type { ConnectionLimits } from '../../http1/server/connection-limits.ts';
import { createReadFrom, type SocketReads } from '../../http1/server/socket-reads.ts';
import { createWriteBuffers } from '../frames/write-buffers.ts';
import { CallerSession, checkMs, type CallerSessionDeps } from './caller-session.ts';
import { createServeStream, type ServeStreamDeps } from './serve-stream.ts';
import { toSessionOptions } from './session-options.ts';

export interface Http2Deps extends Omit<ServeStreamDeps, 'deadlines'> {
  readonly connectionOf: ConnectionFactsOf;
  readonly limits: ConnectionLimits | undefined;
}

/** Serves connections of HTTP/2. */
export interface Http2Connections {
  /** Takes a connection of which no byte has been read, or to which all bytes have been returned. */
  accept(socket: Socket): void;
  /** Takes a connection with the bytes that have been read, and whatever reads on from it. */
  takeOver(socket: Socket, bytes: Buffer, reads: SocketReads): void;
  /** Accepts no further requests on open connections; each is closed after its requests in flight. */
  closeAll(): void;
}

export function createHttp2Connections({ connectionOf, limits, ...deps }: Http2Deps): Http2Connections {
  const { config, activity, clock } = deps;
  const { headerTimeoutMs, readTimeoutMs, idleTimeoutMs, writeTimeoutMs } = config.transport;
  const deadlines = createDeadlines(
    clock,
    toTickMs([headerTimeoutMs, readTimeoutMs, idleTimeoutMs, writeTimeoutMs / 4]),
  );
  const sessions = new Set<CallerSession>();
  const common: CallerSessionDeps = {
    config,
    activity,
    deadlines,
    limits,
    options: toSessionOptions(config, createWriteBuffers()),
    date: createDates(clock),
    serveStream: createServeStream({ ...deps, deadlines }),
    firstMs: readTimeoutMs === 0 ? headerTimeoutMs : Math.min(headerTimeoutMs, readTimeoutMs),
  };
  const checks: DeadlineOwner = {
    deadline: Infinity,
    onExpired() {
      for (const session of sessions) session.check();
      checks.deadline = deadlines.notBefore(checkMs);
    },
  };
  const readFrom = createReadFrom(createReadBuffers());
  const open = (socket: Socket): CallerSession => {
    const session = new CallerSession(socket, connectionOf(socket), common, () => {
      sessions.delete(session);
      if (sessions.size === 0) deadlines.remove(checks);
    });
    if (sessions.size === 0) {
      deadlines.add(checks);
      checks.deadline = deadlines.notBefore(checkMs);
    }
    sessions.add(session);
    return session;
  };
  return {
    accept(socket) {
      const session = open(socket);
      readFrom(socket, (bytes, lent) => session.read(bytes, lent));
    },
    takeOver(socket, bytes, reads) {
      const session = open(socket);
      reads.passTo((next, lent) => session.read(next, lent));
      session.read(bytes, true);
    },
    closeAll() {
      for (const session of sessions) session.last();
    },
  };
}
