import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import {
  readLogs,
  readMetrics,
  readSpans,
  type ReceivedLog,
  type ReceivedMetric,
  type ReceivedSpan,
} from './otlp-messages.testkit.ts';
import { toBytesMethod } from '../../packages/testkit/src/grpc-method.ts';

/** A collector on a free port of 127.0.0.1. */
export interface OtlpReceiver {
  readonly port: number;
  readonly spans: readonly ReceivedSpan[];
  /** Each item of the latest export that contained one. */
  readonly metrics: ReadonlyMap<string, ReceivedMetric>;
  readonly logs: readonly ReceivedLog[];
  /** Paths or methods of the exports. */
  readonly calls: readonly string[];
  /** Headers of the latest export. */
  readonly headers: () => IncomingHttpHeaders;
  /** Every byte that was received. */
  readonly received: () => Buffer;
  /** Status of responses from now on, 0: none is sent; only over HTTP. */
  respondWith(status: number): void;
  close(): Promise<void>;
}

interface Intake {
  readonly spans: ReceivedSpan[];
  readonly metrics: Map<string, ReceivedMetric>;
  readonly logs: ReceivedLog[];
  readonly calls: string[];
  readonly parts: Buffer[];
  take(call: string, message: Buffer): void;
}

function createIntake(): Intake {
  const spans: ReceivedSpan[] = [];
  const metrics = new Map<string, ReceivedMetric>();
  const logs: ReceivedLog[] = [];
  const calls: string[] = [];
  const parts: Buffer[] = [];
  return {
    ...{ spans, metrics, logs, calls, parts },
    take(call, message) {
      calls.push(call);
      parts.push(message);
      if (/trace/i.test(call)) spans.push(...readSpans(message));
      else if (/metrics/i.test(call))
        for (const metric of readMetrics(message)) metrics.set(metric.name, metric);
      else logs.push(...readLogs(message));
    },
  };
}

/** Receives OTLP over HTTP, in protobuf. */
export async function startHttpReceiver(): Promise<OtlpReceiver> {
  const intake = createIntake();
  let headers: IncomingHttpHeaders = {};
  let status = 200;
  const pending = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      headers = request.headers;
      const isZipped = request.headers['content-encoding'] === 'gzip';
      if (status === 200) intake.take(request.url ?? '', isZipped ? gunzipSync(body) : body);
      else intake.calls.push(request.url ?? '');
      if (status === 0) pending.add(response);
      else response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    ...{ spans: intake.spans, metrics: intake.metrics, logs: intake.logs },
    calls: intake.calls,
    headers: () => headers,
    received: () => Buffer.concat(intake.parts),
    respondWith(next) {
      status = next;
      for (const response of pending) response.destroy();
      pending.clear();
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Receives OTLP over gRPC, without TLS. */
export async function startGrpcReceiver(): Promise<OtlpReceiver> {
  const intake = createIntake();
  let headers: IncomingHttpHeaders = {};
  const server = new Server();
  for (const [signal, service] of [
    ['trace', 'TraceService'],
    ['metrics', 'MetricsService'],
    ['logs', 'LogsService'],
  ] as const) {
    const path = `/opentelemetry.proto.collector.${signal}.v1.${service}/Export`;
    server.addService(
      {
        Export: toBytesMethod(path),
      },
      {
        Export: (
          call: { request: Buffer; metadata: { getMap(): Record<string, unknown> } },
          done: (error: null, response: Buffer) => void,
        ) => {
          headers = call.metadata.getMap() as IncomingHttpHeaders;
          intake.take(path, call.request);
          done(null, Buffer.alloc(0));
        },
      },
    );
  }
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return {
    port,
    ...{ spans: intake.spans, metrics: intake.metrics, logs: intake.logs },
    calls: intake.calls,
    headers: () => headers,
    received: () => Buffer.concat(intake.parts),
    respondWith() {},
    close: async () => server.forceShutdown(),
  };
}
