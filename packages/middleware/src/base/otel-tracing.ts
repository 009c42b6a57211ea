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
  /** Runs a request to another server. Default: `contexts.with`. */
  readonly request?: ContextStack['with'];
  /** Headers that identify the span of a context to another server. */
  readonly toHeaders: (context: Context) => Readonly<Record<string, string>>;
}

/** The context of the current call, across promises. */
export interface ContextStack {
  active(): Context;
  readonly with: <T>(context: Context, work: () => T) => T;
  /** As `Tracing.keep`. */
  readonly keep: <T>(work: () => T) => T;
}

/** Implements `Tracing` with OpenTelemetry. */
export function createOtelTracing({
  api,
  tracer,
  contexts,
  request = contexts.with,
  toHeaders,
}: TracingParts): Tracing {
  const { trace, SpanKind } = api;
  return {
    span({ name, kind, attributes }, work) {
      const parent = contexts.active();
      const isRequest = kind === 'client';
      if (!isRequest && trace.getSpan(parent)?.isRecording() !== true) return work(noSpan);
      const spanKind = isRequest ? SpanKind.CLIENT : SpanKind.INTERNAL;
      const span = tracer.startSpan(name, { kind: spanKind, attributes }, parent);
      const context = trace.setSpan(parent, span);
      const enter = isRequest ? request : contexts.with;
      return enter(context, () => endAfter(api, span, work));
    },
    keep: contexts.keep,
    event(name, attributes) {
      trace.getSpan(contexts.active())?.addEvent(name, attributes);
    },
    headers: () => toHeaders(contexts.active()),
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
