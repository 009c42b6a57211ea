import type { DecisionFacts } from '@grantgate/middleware/decision/decision';
import type { ConnectionTls } from './connection-tls.ts';

/** Immutable facts of a request for routing, decision and access log; built once. */
export interface RequestFacts extends DecisionFacts {
  readonly entryPoint: string;
  readonly method: string;
  /** Request target as received, path and query. */
  readonly target: string;
  /** Path part of the target, as received (percent-encoding untouched), never empty. */
  readonly path: string;
  /** Query part without `?`; empty when there is none. */
  readonly query: string;
  /** Host without port, lower case, no trailing dot; IPv6 without brackets. */
  readonly host: string;
  /** Host header as received. */
  readonly authority: string;
  /** `http` or `https`, of the connection. */
  readonly scheme: 'http' | 'https';
  /** Name and value in turn, as received. */
  readonly rawHeaders: readonly string[];
  /** Whether `rawHeaders` is the same array as that of an earlier request, so that derived values are worth caching. */
  readonly reusesHeaders: boolean;
  /**
   * Whether a body of unknown length follows although no `Transfer-Encoding` announces it, as in HTTP/2; omitted for HTTP/1.1.
   * Requests that share `rawHeaders` have the same value.
   */
  readonly streamsBody?: boolean;
  /** Address of the connection's peer. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** True when the peer is in `forwardedHeaders.trustedIPs`. */
  readonly trusted: boolean;
  /** TLS connection that the gateway itself accepted; undefined for others. */
  readonly tls: ConnectionTls | undefined;
}
