/** Limits of a client's connections. */
export interface ClientLimits {
  /** Milliseconds to open a connection, TLS handshake included; 0: none. */
  readonly connectMs: number;
  /** Milliseconds from the end of the request to the head of the response; 0: none. */
  readonly headMs: number;
  /** Milliseconds between two parts of a response's body; 0: none. */
  readonly bodyIdleMs: number;
  /**
   * Milliseconds that an idle connection is kept when the server does not say how long it keeps it; 0: each connection serves one
   * request.
   */
  readonly idleMs: number;
  /** Idle connections that are kept. */
  readonly maxIdle: number;
  /** Bytes of a response's head, and of its trailers. */
  readonly maxHeadBytes: number;
}
