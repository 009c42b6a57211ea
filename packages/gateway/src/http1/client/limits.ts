/** Limits of a client's connections. */
export interface ClientLimits {
  /** Milliseconds to open a connection, including the TLS handshake; 0: none. */
  readonly connectMs: number;
  /** Milliseconds from the end of the request to the head of the response; 0: none. */
  readonly headMs: number;
  /** Milliseconds between two parts of a response's body; 0: none. */
  readonly bodyIdleMs: number;
  /**
   * Milliseconds for which an idle connection is kept if the server does not announce its own limit; 0: each connection
   * serves one request.
   */
  readonly idleMs: number;
  /** Maximum number of idle connections. */
  readonly maxIdle: number;
  /** Maximum size of a response's head, and of its trailers, in bytes. */
  readonly maxHeadBytes: number;
}
