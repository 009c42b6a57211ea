import type { Pool } from '../http1/client/pool.ts';
import { originOf } from './origin.ts';
import type { ServerConfig } from '../config/dynamic.ts';

/** One server of a service. */
export interface UpstreamServer {
  /** As configured. */
  readonly url: string;
  readonly origin: string;
  /** `host:port` as it goes into the Host header when `passHostHeader` is off. */
  readonly authority: string;
  /** Path of the server's URL without a trailing slash; empty for none. Prepended to every request target. */
  readonly basePath: string;
  readonly connections: Pool;
}

/** Facts of a request that determine its server. */
export interface BalancingFacts {
  readonly rawHeaders: readonly string[];
  readonly scheme: 'http' | 'https';
  /** Address of the peer. */
  readonly remoteAddress: string;
}

export interface Destination {
  readonly server: UpstreamServer;
  /** Service that the server belongs to (a weighted service names its child). */
  readonly serviceName: string;
  readonly passHostHeader: boolean;
  /** `Set-Cookie` of sticky services. */
  readonly setCookies: readonly string[];
  /**
   * Called when a request is sent to the server, by a service whose choice depends on its outcome. The returned function is called
   * once, with the status of the response or of the fault; it is not called when the caller disconnects before.
   */
  readonly sent?: (() => (status: number) => void) | undefined;
}

/** A service at run time. */
export interface Upstream {
  /**
   * A healthy server; undefined when there is none.
   *
   * @param tried servers that have already received the request: one of them is chosen only when no other is healthy.
   */
  pick(facts: BalancingFacts, tried?: ReadonlySet<UpstreamServer>): Destination | undefined;
}

/** @param url of `config`, parsed. */
export function createServer(config: ServerConfig, url: URL, connections: Pool): UpstreamServer {
  const { host, pathname } = url;
  return Object.freeze({
    url: config.url,
    origin: originOf(url),
    authority: host,
    basePath: config.preservePath === true ? pathname.replace(/\/$/, '') : '',
    connections,
  });
}
