import type { Context } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace';
import { systemClock } from '@grantgate/middleware/base/clock';
import { createOtelTracing, toTraceParent } from '@grantgate/middleware/base/otel-tracing';
import type { Tracing } from '@grantgate/middleware/base/tracing';
import type { TracingConfig } from '../../config/otlp-config.ts';
import type { StartTrace } from '../../pipeline/request-trace.ts';
import { openExporter, untilExported, type ExportDeps } from '../open-exporter.ts';
import { createResource } from '../otlp-resource.ts';
import { createSample, readsTraceContext, toSampler } from './environment.ts';
import { createStartTrace } from './request-spans.ts';
import { createScopeStack } from './scope-stack.ts';

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
  const resource = await createResource(config.resource, deps);
  const sample = createSample({ sampleRate: config.sampleRate, env: deps.env, log: deps.log });
  const queue = new sdk.BatchSpanProcessor({ exporter });
  const provider = new sdk.TracerProvider({
    resource,
    sampler: toSampler(sample, (context) => api.trace.getSpanContext(context)),
    spanProcessors: [queue],
  });
  const tracer = provider.getTracer('grantgate', deps.version);
  const contexts = createScopeStack(api.ROOT_CONTEXT, systemClock);
  const propagates = readsTraceContext(deps.env, deps.log);
  const toHeaders = (context: Context): Readonly<Record<string, string>> => {
    const span = propagates ? api.trace.getSpan(context) : undefined;
    return span === undefined ? {} : { traceparent: toTraceParent(span) };
  };
  return {
    startTrace: createStartTrace({
      ...{ api, contexts, sample, config, untraced: deps.untraced, propagates },
      origin: { resource, instrumentationScope: { name: 'grantgate', version: deps.version } },
      add: (span) => queue.onEnd(span),
    }),
    tracing: createOtelTracing({ api, tracer, contexts, toHeaders }),
    close: () => untilExported(provider.shutdown()),
  };
}
