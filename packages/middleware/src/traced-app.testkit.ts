import { Server, type IncomingMessage } from 'node:http';
import { context, propagation, trace, SpanKind, type Span } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core';
import { UndiciInstrumentation } from '@opentelemetry/instrumentation-undici';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
  type ReadableSpan,
} from '@opentelemetry/sdk-trace';
import { afterAll, beforeAll, beforeEach } from 'vitest';

/** OpenTelemetry in an application, as `NodeSDK` sets it up. */
export interface AppTelemetry {
  /** Ended spans of this test. */
  readonly spans: readonly ReadableSpan[];
  /** The only ended span of that name. */
  span(name: string): ReadableSpan;
  /** Starts a span for each request that carries the header `x-traced`, as the instrumentation of `node:http` does. */
  readonly serverSpan: string;
}

const header = 'x-traced';

/** Registers SDK, context manager, propagators and the instrumentation of undici and `fetch` for the tests of a file. */
export function openAppTelemetry(): AppTelemetry {
  const exporter = new InMemorySpanExporter();
  const undici = new UndiciInstrumentation();
  const emit = Object.getOwnPropertyDescriptor(Server.prototype, 'emit');
  beforeAll(() => {
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    propagation.setGlobalPropagator(
      new CompositePropagator({
        propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
      }),
    );
    const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
    trace.setGlobalTracerProvider(provider);
    undici.setTracerProvider(provider);
    undici.enable();
    traceRequests();
  });
  beforeEach(() => exporter.reset());
  afterAll(() => {
    if (emit === undefined) Reflect.deleteProperty(Server.prototype, 'emit');
    else Object.defineProperty(Server.prototype, 'emit', emit);
    undici.disable();
    for (const api of [trace, propagation, context]) api.disable();
  });
  return {
    serverSpan: header,
    get spans() {
      return exporter.getFinishedSpans();
    },
    span(name) {
      const found = exporter.getFinishedSpans().filter((span) => span.name === name);
      if (found.length !== 1) throw new Error(`${found.length} spans are named ${name}`);
      return found[0]!;
    },
  };
}

/** The instrumentation of `node:http` replaces the same method. */
function traceRequests(): void {
  // eslint-disable-next-line @typescript-eslint/unbound-method -- it is called with its server
  const { emit } = Server.prototype;
  const tracer = trace.getTracer('http');
  function traced(this: Server, event: string, ...rest: unknown[]): boolean {
    const pass = (): boolean => Reflect.apply(emit, this, [event, ...rest]) as boolean;
    const { headers } = (rest[0] ?? {}) as Partial<IncomingMessage>;
    if (event !== 'request' || headers?.[header] === undefined) return pass();
    return tracer.startActiveSpan('server', { kind: SpanKind.SERVER }, (span: Span) => {
      (rest[1] as NodeJS.EventEmitter).once('finish', () => span.end());
      return pass();
    });
  }
  Server.prototype.emit = traced as typeof emit;
}
