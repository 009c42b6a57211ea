import type { ServerTls } from '../http1/client/dial.ts';

/** Limits and TLS of connections to servers, named as in Traefik's `serversTransport.forwardingTimeouts`. */
export interface UpstreamTransport {
  /** Milliseconds to open a connection, TLS handshake included. */
  readonly dialTimeoutMs: number;
  /** Milliseconds from the end of the request to the head of the response; 0: no limit. */
  readonly responseHeaderTimeoutMs: number;
  /** Milliseconds between two parts of a response body; 0: no limit. */
  readonly bodyIdleTimeoutMs: number;
  /** Milliseconds until an idle connection is closed, unless the server announced `Keep-Alive: timeout`. */
  readonly idleConnTimeoutMs: number;
  /** The same for HTTP/2 connections, whose servers announce their end. */
  readonly http2IdleTimeoutMs: number;
  /** Maximum idle connections to one origin. */
  readonly maxIdleConnsPerHost: number;
  /** Whether `https` servers are offered only HTTP/1.1. */
  readonly disablesHttp2: boolean;
  /** Milliseconds without a part of a response after which an HTTP/2 server receives a PING; 0: never. */
  readonly readIdleTimeoutMs: number;
  /** Milliseconds for the response to a PING; 0: no limit. */
  readonly pingTimeoutMs: number;
  /** Maximum bytes of a response's head. */
  readonly maxResponseHeaderBytes: number;
  /** Undefined: the usual verification of certificates. */
  readonly tls: ServerTls | undefined;
}

export const defaultUpstreamTransport: UpstreamTransport = Object.freeze({
  // As in Traefik.
  dialTimeoutMs: 30_000,
  // Traefik has no limit here; five minutes leave room for long polling and still free the resources of a server that hangs.
  responseHeaderTimeoutMs: 300_000,
  // Server-sent events may pause for a long time.
  bodyIdleTimeoutMs: 0,
  // Below the limit of common servers (5 s), because a request on a closing connection fails and is never sent again.
  idleConnTimeoutMs: 4_000,
  maxIdleConnsPerHost: Infinity,
  // As in Traefik: an HTTP/2 server announces that it closes a connection, and which requests it has not processed.
  http2IdleTimeoutMs: 90_000,
  disablesHttp2: false,
  readIdleTimeoutMs: 0,
  pingTimeoutMs: 15_000,
  tls: undefined,
  // Some applications respond with large cookies and policies.
  maxResponseHeaderBytes: 1024 * 1024,
});
