import type * as otel from '@opentelemetry/api';
import type { Context, Span, Tracer } from '@opentelemetry/api';
import type { MaybePromise } from './maybe-promise.ts';
import type { OpenSpan, Tracing } from './tracing.ts';

/** The parts of the package `@opentelemetry/api` that are used. */
export type OtelApi = Pick<
  typeof otel,
  'trace' | 'context' | 'ROOT_CONTEXT' | 'SpanKind' | 'SpanStatusCode' | 'createTraceState'
>;

/** Dependencies of traces. */
export interface TracingParts {
  readonly api: OtelApi;
  readonly tracer: Tracer;
  readonly contexts: ContextStack;
  /** Whether work outside any span starts a trace; otherwise it is not traced. */
  readonly startsTraces: boolean;
  /** Whether other servers receive `traceparent`. */
  readonly propagates: boolean;
}

/** The context of the current call, across promises. */
export interface ContextStack {
  active(): Context;
  with<T>(context: Context, work: () => T): T;
}

/** Implements `Tracing` with OpenTelemetry. */
export function createOtelTracing({
  api,
  tracer,
  contexts,
  startsTraces,
  propagates,
}: TracingParts): Tracing {
  const { trace, SpanKind } = api;
  return {
    span({ name, kind, attributes }, work) {
      const parent = contexts.active();
      if (!startsTraces && trace.getSpan(parent) === undefined) return work(noSpan);
      const spanKind = kind === 'client' ? SpanKind.CLIENT : SpanKind.INTERNAL;
      const span = tracer.startSpan(name, { kind: spanKind, attributes }, parent);
      return contexts.with(trace.setSpan(parent, span), () => endAfter(api, span, work));
    },
    event(name, attributes) {
      trace.getSpan(contexts.active())?.addEvent(name, attributes);
    },
    headers() {
      const span = propagates ? trace.getSpan(contexts.active()) : undefined;
      return span === undefined ? {} : { traceparent: toTraceParent(span) };
    },
  };
}

/** The `traceparent` of a span (W3C Trace Context section 3.2). */
export function toTraceParent(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${(traceFlags & 1) === 1 ? '01' : '00'}`;
}

/** Marks a span as failed. @param type value of `error.type`. */
export function failSpan({ SpanStatusCode }: OtelApi, span: Span, type: string): void {
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** Runs work, and ends its span after it. */
function endAfter<T>(api: OtelApi, span: Span, work: (span: OpenSpan) => MaybePromise<T>): MaybePromise<T> {
  const open: OpenSpan = {
    set: (attributes) => void span.setAttributes(attributes),
    fail: (type) => failSpan(api, span, type),
  };
  const end = (value: T): T => {
    span.end();
    return value;
  };
  // Only its class, because messages may quote a caller or a server.
  const fail = (error: unknown): never => {
    failSpan(api, span, error instanceof Error ? error.name : '_OTHER');
    span.end();
    throw error;
  };
  let result: MaybePromise<T>;
  try {
    result = work(open);
  } catch (error) {
    return fail(error);
  }
  return result instanceof Promise ? result.then(end, fail) : end(result);
}

const noSpan: OpenSpan = Object.freeze({ set() {}, fail() {} });
