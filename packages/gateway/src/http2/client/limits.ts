import type { ClientLimits } from '../../http1/client/limits.ts';

/** Limits of connections with HTTP/2. `idleMs` of 0: each connection serves one request. */
export interface Http2Limits extends ClientLimits {
  /** Milliseconds without a byte from the server after which a PING is sent; 0: none. */
  readonly readIdleMs: number;
  /** Milliseconds for the response to a PING, after which the connection is closed; 0: no limit. */
  readonly pingMs: number;
}
