import type { Decision } from '@grantgate/middleware/decision/decision';
import type { Renew } from '@grantgate/middleware/decision/renew';
import type { RequestFacts as DecisionFacts } from '@grantgate/middleware/decision/facts';
import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { MatchContext } from '../routing/match-context.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** One immutable runtime, compiled from one configuration. A request reads it once and holds it until its response ends. */
export interface Snapshot {
  /** The route with the highest priority whose rule matches; undefined for none, and when the context is exhausted. */
  match(context: MatchContext): Route | undefined;
  /** A middleware without a route, as a proxy beside names it: qualified, or short for `@file`; undefined for none. */
  check(name: string): Check | undefined;
}

/** A middleware, or a chain of them, that a proxy beside asks. */
export interface Check {
  /** The middleware's qualified name; the access log has it in the place of a router's. */
  readonly routerName: string;
  readonly serviceName: undefined;
  /** Outermost first; chains are flattened. */
  readonly guards: readonly Guard[];
  /** As a route's. */
  readonly broken: string | undefined;
}

/** One middleware in a route. */
export interface Guard {
  /** Qualified name: `apps-test@kubernetescrd`. */
  readonly name: string;
  decide(facts: DecisionFacts): MaybePromise<Decision>;
  /** Replaces a decision whose token the server has refused; undefined where the middleware does not. */
  readonly renew?: Renew | undefined;
  /** What counts its tokens; middlewares with the same options have the same. */
  readonly tally?: TokenTally | undefined;
  /** Drops its tokens, of one client or of all; middlewares with the same options have the same. */
  readonly purge?: ((clientId?: string) => number) | undefined;
}

export interface Route {
  readonly routerName: string;
  readonly serviceName: string;
  /** Outermost first; chains are flattened. */
  readonly guards: readonly Guard[];
  readonly upstream: Upstream;
  /** Non-empty: the route refuses every request with `middleware_unavailable`; the text names what is broken, for the log. */
  readonly broken: string | undefined;
}
