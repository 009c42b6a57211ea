import type { MiddlewareConfig, RouterConfig, ServiceConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import type { Rule } from '../routing/rule.ts';
import type { PreparedMiddleware } from './prepare-middleware.ts';
import type { UpstreamTransport } from '../upstream/transport.ts';
import type { PreparedTls } from './prepare-tls.ts';

/** A configuration in which everything is read, resolved and compiled, but nothing is opened; common to `check` and `serve`. */
export interface PreparedConfiguration {
  readonly routers: readonly PreparedRouter[];
  /** Routers with an invalid rule, which match no request. */
  readonly unmatchable: readonly RouterConfig[];
  /** Every configured middleware, by qualified name. */
  readonly middlewares: ReadonlyMap<string, MiddlewareConfig>;
  /** Middlewares that are steps, by qualified name. */
  readonly steps: ReadonlyMap<string, PreparedMiddleware>;
  /** Every middleware that an external proxy may name, including chains, by qualified name. */
  readonly named: ReadonlyMap<string, PreparedSteps>;
  readonly services: ReadonlyMap<string, ServiceConfig>;
  /** By qualified name. */
  readonly transports: ReadonlyMap<string, UpstreamTransport>;
  readonly tls: PreparedTls;
  /** By name of the entry point. */
  readonly tlsRoutes: ReadonlyMap<string, TlsRoutes>;
  /** All problems, including those of the provider, in the order of their positions. */
  readonly problems: readonly Problem[];
}

export interface PreparedRouter {
  readonly config: RouterConfig;
  readonly rule: Rule;
  /** Qualified names, outermost first; chains are flattened. */
  readonly steps: readonly string[];
  /** Reason why the router refuses every request, for the log; undefined for a working router. */
  readonly broken: string | undefined;
}

/** A middleware, or a chain of them, without a route. */
export interface PreparedSteps {
  /** Qualified names, outermost first; chains are flattened. */
  readonly steps: readonly string[];
  /** Reason why it refuses every request, for the log; undefined for a working one. */
  readonly broken: string | undefined;
}

/** TLS settings of one entry point's routers for its connections. */
export interface TlsRoutes {
  /** Names of TLS options by host, in the form of `ListenerTls`. */
  readonly hosts: ReadonlyMap<string, string>;
  /** Names of the TLS options that routers require, by name of the router; routers with the default options are left out. */
  readonly required: ReadonlyMap<string, string>;
  /** Whether a router requires TLS although its entry point does not. */
  readonly hasRouters: boolean;
}
