import type { MiddlewareConfig, RouterConfig, ServiceConfig } from '../config/dynamic.ts';
import type { Problem } from '../config/place.ts';
import type { Rule } from '../routing/rule.ts';
import type { PreparedMiddleware } from './prepare-middleware.ts';
import type { UpstreamTransport } from '../upstream/transport.ts';
import type { PreparedTls } from './prepare-tls.ts';

/** A configuration with everything read, looked up and compiled, and nothing opened: what `check` and `serve` agree on. */
export interface PreparedConfiguration {
  readonly routers: readonly PreparedRouter[];
  /** Those whose rule is invalid: they match no request. */
  readonly unmatchable: readonly RouterConfig[];
  /** Every middleware as it is configured, by qualified name. */
  readonly middlewares: ReadonlyMap<string, MiddlewareConfig>;
  /** Middlewares that are steps, by qualified name. */
  readonly steps: ReadonlyMap<string, PreparedMiddleware>;
  /** Every middleware as an external proxy may name it, chains too, by qualified name. */
  readonly named: ReadonlyMap<string, PreparedSteps>;
  readonly services: ReadonlyMap<string, ServiceConfig>;
  /** By qualified name. */
  readonly transports: ReadonlyMap<string, UpstreamTransport>;
  readonly tls: PreparedTls;
  /** By name of the entry point. */
  readonly tlsRoutes: ReadonlyMap<string, TlsRoutes>;
  /** Everything that was found, the provider's findings included, in the order of their places. */
  readonly problems: readonly Problem[];
}

export interface PreparedRouter {
  readonly config: RouterConfig;
  readonly rule: Rule;
  /** Qualified names, outermost first; chains are flattened. */
  readonly steps: readonly string[];
  /** Why the router refuses every request, for the log; undefined for one that serves. */
  readonly broken: string | undefined;
}

/** A middleware, or a chain of them, without a route. */
export interface PreparedSteps {
  /** Qualified names, outermost first; chains are flattened. */
  readonly steps: readonly string[];
  /** Why it refuses every request, for the log; undefined for one that decides. */
  readonly broken: string | undefined;
}

/** TLS settings of one entry point's routers for its connections. */
export interface TlsRoutes {
  /** Names of options by host, as `ListenerTls` has them. */
  readonly hosts: ReadonlyMap<string, string>;
  /** Names of the options that routers require, by name of the router; those with the default ones are left out. */
  readonly required: ReadonlyMap<string, string>;
  /** Whether a router wants TLS though its entry point does not say so. */
  readonly hasRouters: boolean;
}
