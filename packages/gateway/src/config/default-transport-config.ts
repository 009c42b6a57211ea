import type { PemSource, TransportLimits } from './dynamic.ts';

/** Settings of connections to servers, unless a service has its own. */
export interface DefaultTransportConfig extends TransportLimits {
  readonly insecureSkipVerify: boolean;
  /** Empty: those of Node.js. */
  readonly rootCAs: readonly PemSource[];
}
