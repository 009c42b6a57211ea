import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { createOtelTracing, toTraceParent, type ContextStack } from '@grantgate/middleware/base/otel-tracing';
import type { Tracing } from '@grantgate/middleware/base/tracing';
import type { TracingConfig } from '../../config/otlp-config.ts';
import type { StartTrace } from '../../pipeline/request-trace.ts';
import { openExporter, untilExported, type ExportDeps } from '../open-exporter.ts';
import { createResource } from '../otlp-resource.ts';
import { createSampler, readsTraceContext } from './environment.ts';
import { createStartTrace } from './request-spans.ts';

/** Traces of one process. */
export interface OpenTracing {
  readonly startTrace: StartTrace;
  /** For requests that a request causes: token requests, operations on Redis. */
  readonly tracing: Tracing;
  /** Exports the remaining spans, within at most 5 seconds. */
  close(): Promise<void>;
}

export interface TracingDeps extends ExportDeps {
  /** Entry points whose requests are not traced. */
  readonly untraced: ReadonlySet<string>;
}

/**
 * Starts tracing. Spans wait in a queue of 2,048 (`OTEL_BSP_MAX_QUEUE_SIZE`), and are dropped when it is full: no request waits.
 *
 * @throws Error when a package is missing, or when a file or a reference of `tracing.otlp` cannot be read.
 */
export async function openTracing(config: TracingConfig, deps: TracingDeps): Promise<OpenTracing> {
  const api = await import('@opentelemetry/api');
  const sdk = await import('@opentelemetry/sdk-trace');
  const exporter = await openExporter<ReadableSpan[]>(config.otlp, deps, {
    signal: 'traces',
    http: async () => (await import('@opentelemetry/exporter-trace-otlp-proto')).OTLPTraceExporter,
    grpc: async () => (await import('@opentelemetry/exporter-trace-otlp-grpc')).OTLPTraceExporter,
  });
  const provider = new sdk.TracerProvider({
    resource: await createResource(config.resource, deps),
    sampler: createSampler(sdk, { sampleRate: config.sampleRate, env: deps.env, log: deps.log }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('grantgate', deps.version);
  const storage = new AsyncLocalStorage<Context>();
  const contexts: ContextStack = {
    active: () => storage.getStore() ?? api.ROOT_CONTEXT,
    with: (context, work) => storage.run(context, work),
  };
  const propagates = readsTraceContext(deps.env, deps.log);
  const toHeaders = (context: Context): Readonly<Record<string, string>> => {
    const span = propagates ? api.trace.getSpan(context) : undefined;
    return span === undefined ? {} : { traceparent: toTraceParent(span) };
  };
  return {
    startTrace: createStartTrace({ api, tracer, contexts, config, untraced: deps.untraced, propagates }),
    tracing: createOtelTracing({ api, tracer, contexts, toHeaders }),
    close: () => untilExported(provider.shutdown()),
  };
}
