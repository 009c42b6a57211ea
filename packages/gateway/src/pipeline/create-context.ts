import type { IncomingRequest } from '../proxy/incoming-request.ts';
import type { Lease } from '../snapshot/holder.ts';
import { RequestContext } from './request-context.ts';
import type { RequestContextDeps } from './request-context-deps.ts';
import type { RequestTrace, StartTrace } from './request-trace.ts';

export interface TracedContextDeps extends RequestContextDeps {
  /** Undefined: tracing is off. */
  readonly startTrace?: StartTrace | undefined;
}

/** Creates the context of one request, and starts its trace. @param lease the snapshot that serves it; released when it ends. */
export const createContext = (
  incoming: IncomingRequest,
  lease: Lease,
  deps: TracedContextDeps,
): RequestContext =>
  deps.startTrace === undefined
    ? new RequestContext(incoming, lease, deps)
    : new TracedRequestContext(incoming, lease, deps, deps.startTrace);

/** A separate class, so that requests without a trace have no field for it. */
class TracedRequestContext extends RequestContext {
  readonly #trace: RequestTrace | undefined;

  constructor(incoming: IncomingRequest, lease: Lease, deps: RequestContextDeps, startTrace: StartTrace) {
    super(incoming, lease, deps);
    this.#trace = startTrace(incoming.facts);
  }

  override get trace(): RequestTrace | undefined {
    return this.#trace;
  }
}
