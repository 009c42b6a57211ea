import * as api from '@opentelemetry/api';
import type { Context, TracerProvider } from '@opentelemetry/api';
import { createOtelTracing } from './base/otel-tracing.ts';
import type { Tracing } from './base/tracing.ts';

export type { Tracing } from './base/tracing.ts';

export interface OpenTelemetryOptions {
  /** Default: the global one, which may be registered later. */
  readonly tracerProvider?: TracerProvider | undefined;
}

/** The key by which the SDK recognises work that its instrumentations do not trace. */
const suppressesTracing = api.createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING');
const suppressedHere = api.createContextKey('grantgate suppresses tracing');

/**
 * Takes part in the traces of an application, with the global context manager and propagator.
 *
 * Decisions have spans below a span that is recorded. Requests to authorization servers and Redis have spans below the active one;
 * meanwhile, instrumentations of HTTP and Redis are suppressed, because they would record the same requests again, and send
 * `traceparent` twice.
 */
export function openTelemetry({ tracerProvider = api.trace }: OpenTelemetryOptions = {}): Tracing {
  const { context, propagation } = api;
  return createOtelTracing({
    api,
    tracer: tracerProvider.getTracer('@grantgate/middleware'),
    contexts: {
      active: () => restore(context.active()),
      with: (active, work) => context.with(active, work),
      // The application's own manager follows it.
      keep: (work) => work(),
    },
    request: (active, work) =>
      context.with(active.setValue(suppressesTracing, true).setValue(suppressedHere, true), work),
    toHeaders(active) {
      const headers: Record<string, string> = {};
      // Baggage belongs to the application, and must not reach authorization servers.
      propagation.inject(propagation.deleteBaggage(active), headers);
      return headers;
    },
  });
}

/** The context without the suppression that a request of this module has set. */
const restore = (active: Context): Context =>
  active.getValue(suppressedHere) === true
    ? active.deleteValue(suppressesTracing).deleteValue(suppressedHere)
    : active;
