import type { RetryPolicy } from '../middlewares/retry-policy.ts';
import type { Step } from '../middlewares/step.ts';
import type { MatchContext } from '../routing/match-context.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** One immutable runtime, compiled from one configuration. A request reads it once and holds it until its response ends. */
export interface Snapshot {
  /** The route with the highest priority whose rule matches; undefined for none, and when the context is exhausted. */
  match(context: MatchContext): Route | undefined;
  /** Name of the TLS options that a connection must have been opened with for a router. */
  tlsOptionsOf(entryPoint: string, router: string): string;
  /** A middleware without a route, as an external proxy names it: qualified, or short for `@file`; undefined for none. */
  findSteps(name: string): StepChain | undefined;
  /** The step that responds with metadata at a path; of several, the one for that host. @param host as in `StepMetadata`. */
  findMetadata(path: string, host: string): StepChain | undefined;
}

/** Steps that decide on a request together: those of a route, or of a middleware that an external proxy names. */
export interface StepChain {
  /** Without a route, the middleware's qualified name: the access log shows it instead of a router's. */
  readonly routerName: string;
  /** Undefined without a route. */
  readonly serviceName: string | undefined;
  /** Outermost first; a chain is replaced by its members. */
  readonly steps: readonly Step[];
  /** Services that its steps send requests to, by qualified name; undefined without a route. */
  readonly services?: ReadonlyMap<string, Upstream>;
  /** Whether one of them changes the headers of responses. */
  readonly changesResponses: boolean;
  /** Whether one of them changes bodies of responses. */
  readonly changesBodies: boolean;
  /** Whether one of them is called when a request ends. */
  readonly followsEnds: boolean;
  /** Query parameters, and headers in lower case, that its steps read credentials from; undefined for none beside the usual. */
  readonly secretNames?: ReadonlySet<string> | undefined;
  /** Non-empty: every request is refused with `middleware_unavailable`; the text names what is broken, for the log. */
  readonly broken: string | undefined;
}

export interface Route extends StepChain {
  readonly serviceName: string;
  readonly upstream: Upstream;
  /** When a request is sent to a server again; undefined: never. */
  readonly retry: RetryPolicy | undefined;
  readonly services: ReadonlyMap<string, Upstream>;
}
