import type { DecisionFacts } from '@grantgate/middleware/decision/facts';
import type { ConnectionTls } from './connection-tls.ts';

/** Everything that routing, the decision and the access log may ask of a request; built once, never written to again. */
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
  /** Whether `rawHeaders` is the very array of an earlier request, so that what is made of it is worth keeping. */
  readonly reusesHeaders: boolean;
  /** Address of the peer of the connection. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** True when the peer is in `forwardedHeaders.trustedIPs`. */
  readonly trusted: boolean;
  /** Of a connection with TLS that the gateway accepted itself; undefined otherwise. */
  readonly tls: ConnectionTls | undefined;
}
