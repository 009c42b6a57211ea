/** How connections to servers are opened and kept; the names are those of Traefik's `serversTransport.forwardingTimeouts`. */
export interface UpstreamTransport {
  /** Milliseconds to open a connection, TLS handshake included; default 30,000, as in Traefik. */
  readonly dialTimeoutMs: number;
  /**
   * Milliseconds from the end of the request to the head of the response; 0: no limit. Default 300,000. Traefik has no limit
   * here; five minutes leave room for long polling and still free the resources of a server that hangs.
   */
  readonly responseHeaderTimeoutMs: number;
  /** Milliseconds between two parts of a response body; 0, the default, is none: server-sent events may rest for long. */
  readonly bodyIdleTimeoutMs: number;
  /**
   * Milliseconds that an idle connection is kept when the server announced no `Keep-Alive: timeout`. Default 4,000: below
   * what common servers keep (5 s), because a request that meets a closing connection fails and is never sent again.
   */
  readonly idleConnTimeoutMs: number;
  /** Bytes of a response's head. Default 1 MiB: some applications answer with large cookies and policies. */
  readonly maxResponseHeaderBytes: number;
}

export const defaultUpstreamTransport: UpstreamTransport = Object.freeze({
  dialTimeoutMs: 30_000,
  responseHeaderTimeoutMs: 300_000,
  bodyIdleTimeoutMs: 0,
  idleConnTimeoutMs: 4_000,
  maxResponseHeaderBytes: 1024 * 1024,
});
