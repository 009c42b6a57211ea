import type { Context, SpanContext, TraceState } from '@opentelemetry/api';
import type { OtelApi } from '@grantgate/middleware/base/otel-tracing';
import type { TracingConfig } from '../../config/otlp-config.ts';
import type { SampleTrace } from './environment.ts';
import type { ParentContext } from './parent-context.ts';
import type { RecordedSpan, SpanOrigin } from './recorded-span.ts';
import type { ScopeStack, TraceScope } from './scope-stack.ts';
import type { createCapture, createServerAttributes } from './server-attributes.ts';
import type { createServerParts } from './server-parts.ts';
import type { TraceIds } from './trace-ids.ts';

export interface RequestSpanParts {
  readonly api: OtelApi;
  readonly contexts: ScopeStack;
  readonly sample: SampleTrace;
  readonly origin: SpanOrigin;
  /** Queues a span for its export. */
  readonly add: (span: RecordedSpan) => void;
  readonly config: TracingConfig;
  /** Entry points whose requests are not traced. */
  readonly untraced: ReadonlySet<string>;
  /** Whether traces of callers are continued, and servers receive `traceparent`. */
  readonly propagates: boolean;
}

/** State shared by the requests of a gateway. */
export interface TraceParts extends RequestSpanParts {
  readonly ids: TraceIds;
  readonly toAttributes: ReturnType<typeof createServerAttributes>;
  readonly capture: ReturnType<typeof createCapture>;
  readonly serverPartsOf: ReturnType<typeof createServerParts>;
  readonly kinds: OtelApi['SpanKind'];
}

/** IDs of one request. A class, because one is created for each request. */
export class TraceIdentifier implements TraceScope {
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: ParentContext | undefined;
  readonly flags: 0 | 1;
  readonly #shared: TraceParts;
  #state: TraceState | undefined = undefined;
  #context: Context | undefined = undefined;

  constructor(shared: TraceParts, traceId: string, parent: ParentContext | undefined, flags: 0 | 1) {
    this.#shared = shared;
    this.traceId = traceId;
    this.parent = parent;
    this.flags = flags;
    this.spanId = shared.ids.span();
  }

  get isSampled(): boolean {
    return this.flags === 1;
  }

  /** `tracestate` of the caller. */
  get traceState(): TraceState | undefined {
    const text = this.parent?.traceState;
    if (text !== undefined) this.#state ??= this.#shared.api.createTraceState(text);
    return this.#state;
  }

  /** A span of this trace. */
  toSpanContext(spanId: string): SpanContext {
    const { traceId, flags, traceState } = this;
    return { traceId, spanId, traceFlags: flags, ...(traceState !== undefined && { traceState }) };
  }

  /** The span of the caller. */
  get parentSpanContext(): SpanContext | undefined {
    const { parent, traceId } = this;
    return parent && { traceId, spanId: parent.spanId, traceFlags: parent.traceFlags, isRemote: true };
  }

  get context(): Context {
    this.#context ??= this.contextOf(this.spanId);
    return this.#context;
  }

  /** For requests that a span causes. */
  contextOf(spanId: string): Context {
    const { trace, ROOT_CONTEXT } = this.#shared.api;
    return trace.setSpanContext(ROOT_CONTEXT, this.toSpanContext(spanId));
  }

  /** @param spanId of the span that the server continues. */
  headerLinesOf(spanId: string): string {
    if (!this.#shared.propagates) return '';
    const parent = `traceparent: 00-${this.traceId}-${spanId}-0${this.flags}\r\n`;
    if (this.parent?.traceState === undefined) return parent;
    const state = this.traceState?.serialize() ?? '';
    return state === '' ? parent : `${parent}tracestate: ${state}\r\n`;
  }
}
