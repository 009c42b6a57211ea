import type { Step } from '../middlewares/step.ts';
import type { MatchContext } from '../routing/match-context.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** One immutable runtime, compiled from one configuration. A request reads it once and holds it until its response ends. */
export interface Snapshot {
  /** The route with the highest priority whose rule matches; undefined for none, and when the context is exhausted. */
  match(context: MatchContext): Route | undefined;
  /** A middleware without a route, as a proxy beside names it: qualified, or short for `@file`; undefined for none. */
  findSteps(name: string): NamedSteps | undefined;
}

/** A middleware, or a chain of them, that a proxy beside asks. */
export interface NamedSteps {
  /** The middleware's qualified name; the access log shows it instead of a router's. */
  readonly routerName: string;
  readonly serviceName: undefined;
  /** Outermost first; a chain is replaced by its members. */
  readonly steps: readonly Step[];
  /** Whether one of them changes the headers of responses. */
  readonly changesResponses: boolean;
  /** Whether one of them changes bodies of responses. */
  readonly changesBodies: boolean;
  /** Whether one of them is called when a request ends. */
  readonly followsEnds: boolean;
  /** As a route's. */
  readonly broken: string | undefined;
}

export interface Route {
  readonly routerName: string;
  readonly serviceName: string;
  /** Outermost first; a chain is replaced by its members. */
  readonly steps: readonly Step[];
  /** Whether one of them changes the headers of responses. */
  readonly changesResponses: boolean;
  /** Whether one of them changes bodies of responses. */
  readonly changesBodies: boolean;
  /** Whether one of them is called when a request ends. */
  readonly followsEnds: boolean;
  readonly upstream: Upstream;
  /** Non-empty: the route refuses every request with `middleware_unavailable`; the text names what is broken, for the log. */
  readonly broken: string | undefined;
}
