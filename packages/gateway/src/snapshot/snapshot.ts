import type { RetryPolicy } from '../middlewares/retry-policy.ts';
import type { Step } from '../middlewares/step.ts';
import type { MatchContext } from '../routing/match-context.ts';
import type { Upstream } from '../upstream/upstream.ts';

/** One immutable runtime, compiled from one configuration. A request uses the same one until its response ends. */
export interface Snapshot {
  /** The matching route with the highest priority; undefined for none, and when the context is exhausted. */
  match(context: MatchContext): Route | undefined;
  /** Name of the TLS options that a connection must use for a router. */
  tlsOptionsOf(entryPoint: string, router: string): string;
  /** A middleware without a route, by the name that an external proxy uses: qualified, or short for `@file`; undefined for none. */
  findSteps(name: string): StepChain | undefined;
  /** The step that serves metadata at a path; if there are several, the one for that host. @param host as in `StepMetadata`. */
  findMetadata(path: string, host: string): StepChain | undefined;
}

/** Steps that decide on a request together: those of a route, or of a middleware named by an external proxy. */
export interface StepChain {
  /** Without a route, the middleware's qualified name; the access log shows it instead of a router's name. */
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
  /** Query parameters, and headers in lower case, that contain credentials for its steps; undefined for none besides the usual ones. */
  readonly secretNames?: ReadonlySet<string> | undefined;
  /** If not empty, every request is refused with `middleware_unavailable`; the text names the broken part, for the log. */
  readonly broken: string | undefined;
}

export interface Route extends StepChain {
  readonly serviceName: string;
  readonly upstream: Upstream;
  /** Conditions under which a request is sent to a server again; undefined: never. */
  readonly retry: RetryPolicy | undefined;
  readonly services: ReadonlyMap<string, Upstream>;
}
