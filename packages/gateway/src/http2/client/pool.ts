import { createDialer, type ServerTls } from '../../http1/client/dial.ts';
import type { Pool } from '../../http1/client/pool.ts';
import type { OutgoingRequest, RequestControl, ResponseHandler } from '../../http1/client/request.ts';
import type { Deadlines } from '../../http1/message/deadlines.ts';
import type { ReadBuffers } from '../../http1/message/read-buffers.ts';
import type { WriteBuffers } from '../frames/write-buffers.ts';
import { Http2Connection } from './connection.ts';
import type { Http2Limits } from './limits.ts';
import { createRequestFields } from './request-fields.ts';
import { RequestStream } from './stream.ts';

export interface Http2PoolDeps {
  readonly limits: Http2Limits;
  readonly deadlines: Deadlines;
  readonly readBuffers: ReadBuffers;
  readonly writeBuffers: WriteBuffers;
  /** Takes requests when a server chooses HTTP/1.1 by ALPN (RFC 7301); undefined: the server must speak HTTP/2. */
  readonly http1?: ((request: OutgoingRequest, handler: ResponseHandler) => RequestControl) | undefined;
}

/**
 * Connections to one origin that requests share, as many as the server's SETTINGS_MAX_CONCURRENT_STREAMS makes necessary. A request
 * that the server refused unseen is sent again; any other is never repeated.
 *
 * @param origin `h2c://host[:port]` or `https://host[:port]`.
 */
export function createHttp2Pool(origin: string, deps: Http2PoolDeps, tls?: ServerTls): Pool {
  const { limits, deadlines, readBuffers, writeBuffers, http1 } = deps;
  const isSecure = origin.startsWith('https:');
  const connections = new Set<Http2Connection>();
  const toFields = createRequestFields(isSecure ? 'https' : 'http');
  let closed = false;
  let onEmpty: (() => void) | undefined;
  const isIdle = (connection: Http2Connection): boolean => connection.streams === 0;
  const countIdle = (): number => [...connections].filter(isIdle).length;
  const connectionDeps = {
    limits,
    deadlines,
    readBuffers,
    writeBuffers,
    dialer: createDialer(origin, tls, http1 === undefined ? ['h2'] : ['h2', 'http/1.1']),
    onHttp1(streams: readonly RequestStream[]): void {
      for (const stream of streams)
        if (http1 === undefined)
          stream.fail({ code: 'connect_failed', reason: 'the server does not speak HTTP/2' });
        else stream.moveTo(http1);
    },
    onOverflow: (streams: readonly RequestStream[]): void => streams.forEach(assign),
    onIdle(connection: Http2Connection): void {
      if (closed || limits.idleMs === 0 || countIdle() > limits.maxIdle) connection.close();
    },
    onGone(connection: Http2Connection): void {
      connections.delete(connection);
      if (connections.size === 0) onEmpty?.();
    },
  };
  const open = (): Http2Connection => {
    const connection = new Http2Connection(connectionDeps);
    connections.add(connection);
    return connection;
  };
  const assign = (stream: RequestStream): void => {
    if (closed) {
      stream.fail({ code: 'connect_failed', reason: 'the pool is closed' });
      return;
    }
    if (limits.idleMs > 0)
      for (const connection of connections)
        if (connection.hasRoom) {
          connection.add(stream);
          return;
        }
    open().add(stream);
  };
  const streamDeps = { limits, deadlines, resend: assign };
  return {
    dispatch(request, handler) {
      const fields = request.upgrade === undefined ? toFields(request) : undefined;
      if (fields === undefined) {
        const reason =
          request.upgrade === undefined ? 'a head that cannot be written' : 'another protocol over HTTP/2';
        handler.onFault({ code: 'request_invalid', reason });
        return noCall;
      }
      const stream = new RequestStream(request, fields, handler, streamDeps);
      assign(stream);
      return stream;
    },
    stats() {
      let inFlight = 0;
      for (const { streams } of connections) inFlight += streams;
      return { open: connections.size, idle: countIdle(), inFlight };
    },
    async close() {
      closed = true;
      for (const connection of [...connections]) connection.close();
      if (connections.size > 0) await new Promise<void>((resolve) => (onEmpty = resolve));
    },
  };
}

const noCall: RequestControl = Object.freeze({ abort() {}, resume() {} });
