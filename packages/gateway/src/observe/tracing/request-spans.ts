import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { RequestTrace, StartTrace } from '../../pipeline/request-trace.ts';
import { readParentContext, type ParentContext } from './parent-context.ts';
import { RecordedTrace } from './recorded-trace.ts';
import type { ScopeStack } from './scope-stack.ts';
import { createCapture, createServerAttributes } from './server-attributes.ts';
import { createServerParts } from './server-parts.ts';
import { createTraceIds } from './trace-ids.ts';
import { TraceIdentifier, type RequestSpanParts, type TraceParts } from './trace-identifier.ts';

/** Starts the trace of each request, below that of the caller, who decides whether it is sampled. */
export function createStartTrace(parts: RequestSpanParts): StartTrace {
  const { untraced, config, propagates, sample } = parts;
  const shared: TraceParts = {
    ...parts,
    ids: createTraceIds(),
    toAttributes: createServerAttributes(config),
    capture: createCapture(config.responseHeaders),
    serverPartsOf: createServerParts(),
    kinds: parts.api.SpanKind,
  };
  return (facts) => {
    if (untraced.size > 0 && untraced.has(facts.entryPoint)) return undefined;
    const parent = propagates ? readParentContext(facts.rawHeaders) : undefined;
    const traceId = parent?.traceId ?? shared.ids.trace();
    return sample(traceId, parent?.traceFlags)
      ? new RecordedTrace(shared, new TraceIdentifier(shared, traceId, parent, 1))
      : new UnsampledTrace(shared, traceId, parent);
  };
}

/** The trace of a request that is not exported: its IDs alone. */
class UnsampledTrace extends TraceIdentifier implements RequestTrace {
  readonly #contexts: ScopeStack;

  constructor(shared: TraceParts, traceId: string, parent: ParentContext | undefined) {
    super(shared, traceId, parent, 0);
    this.#contexts = shared.contexts;
  }

  get headerLines(): string {
    return this.headerLinesOf(this.spanId);
  }

  run<T>(work: () => T): T {
    return this.#contexts.enter(this, work);
  }

  step<T extends object>(_name: string, work: () => MaybePromise<T>): MaybePromise<T> {
    return this.#contexts.enter(this, work);
  }

  sent(): void {}

  responded(): void {}

  retried(): void {}

  ended(): void {}
}
