import { AsyncLocalStorage } from 'node:async_hooks';
import type { Context } from '@opentelemetry/api';
import type { SpanExporter } from '@opentelemetry/sdk-trace';
import { createOtelTracing, type ContextStack } from '@grantgate/middleware/base/otel-tracing';
import type { Tracing } from '@grantgate/middleware/base/tracing';
import type { TracingConfig } from '../../config/otlp-config.ts';
import type { StartTrace } from '../../pipeline/request-trace.ts';
import type { Log } from '../log.ts';
import { toGrpcOptions, toHttpOptions, type ReadHeader } from '../otlp-options.ts';
import { logOutages } from '../otlp-outages.ts';
import { createResource, type ResourceParts } from '../otlp-resource.ts';
import { createStartTrace } from './request-spans.ts';

/** Traces of one process. */
export interface OpenTracing {
  readonly startTrace: StartTrace;
  /** For what requests cause: token requests, operations on Redis. */
  readonly tracing: Tracing;
  /** Exports what is left, for at most 5 seconds. */
  close(): Promise<void>;
}

export interface TracingDeps extends ResourceParts {
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readHeader: ReadHeader;
  /** Entry points whose requests are not traced. */
  readonly untraced: ReadonlySet<string>;
}

/** Milliseconds that the last export may take. */
const closeMs = 5_000;

/**
 * Starts to trace. Spans wait in a queue of 2,048 (`OTEL_BSP_MAX_QUEUE_SIZE`) and are dropped when it is full: no request waits.
 *
 * @throws Error when a package is missing, or when a file or a reference of `tracing.otlp` cannot be read.
 */
export async function openTracing(config: TracingConfig, deps: TracingDeps): Promise<OpenTracing> {
  const api = await import('@opentelemetry/api');
  const sdk = await import('@opentelemetry/sdk-trace');
  const exporter = await createExporter(config, deps);
  const provider = new sdk.TracerProvider({
    resource: await createResource(config.resource, deps),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(config.sampleRate) }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('grantgate', deps.version);
  const storage = new AsyncLocalStorage<Context>();
  const contexts: ContextStack = {
    active: () => storage.getStore() ?? api.ROOT_CONTEXT,
    with: (context, work) => storage.run(context, work),
  };
  return {
    startTrace: createStartTrace({ api, tracer, contexts, config, untraced: deps.untraced }),
    tracing: createOtelTracing({ api, tracer, contexts, startsTraces: true }),
    close: () => within(closeMs, provider.shutdown()),
  };
}

async function createExporter(
  { otlp }: TracingConfig,
  { log, env, readHeader: read }: TracingDeps,
): Promise<SpanExporter> {
  const exporter = await load();
  return {
    export: logOutages((spans, done) => exporter.export(spans, done), log, 'traces'),
    shutdown: () => exporter.shutdown(),
    forceFlush: async () => exporter.forceFlush?.(),
  };

  async function load(): Promise<SpanExporter> {
    if (otlp.protocol === 'http') {
      const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-proto');
      return new OTLPTraceExporter(toHttpOptions(otlp, { env, signal: 'traces', read }));
    }
    const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-grpc');
    const library = await import('@grpc/grpc-js');
    return new OTLPTraceExporter(toGrpcOptions(otlp, { env, signal: 'traces', read, library }));
  }
}

/** Never rejects: what cannot be exported in time is lost. */
export async function within(limitMs: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, limitMs);
  });
  try {
    await Promise.race([work, limit]);
  } catch {
    // The outage has been logged.
  } finally {
    clearTimeout(timer);
  }
}
