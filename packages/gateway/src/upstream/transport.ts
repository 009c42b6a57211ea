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
  /** Maximum idle connections to one origin. */
  readonly maxIdleConnsPerHost: number;
  /** Maximum bytes of a response's head. */
  readonly maxResponseHeaderBytes: number;
  /** Undefined: the usual check of certificates. */
  readonly tls: ServerTls | undefined;
}

export const defaultUpstreamTransport: UpstreamTransport = Object.freeze({
  // As in Traefik.
  dialTimeoutMs: 30_000,
  // Traefik has no limit here; five minutes leave room for long polling and still free the resources of a server that hangs.
  responseHeaderTimeoutMs: 300_000,
  // Server-sent events may pause for long.
  bodyIdleTimeoutMs: 0,
  // Below what common servers keep (5 s), because a request that meets a closing connection fails and is never sent again.
  idleConnTimeoutMs: 4_000,
  maxIdleConnsPerHost: Infinity,
  tls: undefined,
  // Some applications respond with large cookies and policies.
  maxResponseHeaderBytes: 1024 * 1024,
});
