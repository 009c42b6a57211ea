import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { buffer } from 'node:stream/consumers';
import { Server, ServerCredentials } from '@grpc/grpc-js';

/** A field of a protobuf message: a varint, the bits of a fixed number, or bytes. */
interface WireField {
  readonly number: number;
  readonly value: bigint;
  readonly bytes: Buffer;
}

/** Reads protobuf by its specification, apart from the code that writes it. */
function* fieldsOf(message: Buffer): Generator<WireField> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = message.readUInt8(at);
      at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.length) {
    const tag = Number(varint());
    const [number, type] = [tag >> 3, tag & 7];
    if (type === 0) yield { number, value: varint(), bytes: Buffer.alloc(0) };
    else {
      const length = type === 2 ? Number(varint()) : type === 1 ? 8 : 4;
      const bytes = message.subarray(at, at + length);
      at += length;
      yield { number, bytes, value: type === 1 ? bytes.readBigUInt64LE() : 0n };
    }
  }
}

const all = (message: Buffer, number: number): Buffer[] =>
  [...fieldsOf(message)].filter((field) => field.number === number).map(({ bytes }) => bytes);
const one = (message: Buffer, number: number): Buffer => all(message, number)[0] ?? Buffer.alloc(0);
const text = (message: Buffer, number: number): string => one(message, number).toString('utf8');
const int = (message: Buffer, number: number): bigint =>
  [...fieldsOf(message)].find((field) => field.number === number)?.value ?? 0n;

export type ReceivedAttributes = Readonly<Record<string, unknown>>;

/** `opentelemetry.proto.common.v1.AnyValue` */
function anyValue(message: Buffer): unknown {
  for (const { number, value, bytes } of fieldsOf(message)) {
    if (number === 1) return bytes.toString('utf8');
    if (number === 2) return value === 1n;
    if (number === 3) return Number(value);
    if (number === 4) return bytes.readDoubleLE();
    if (number === 5) return all(bytes, 1).map(anyValue);
  }
  return undefined;
}

const attributesOf = (message: Buffer, number: number): ReceivedAttributes =>
  Object.fromEntries(all(message, number).map((pair) => [text(pair, 1), anyValue(one(pair, 2))]));

/** `opentelemetry.proto.trace.v1.Span` */
export interface ReceivedSpan {
  readonly resource: ReceivedAttributes;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly traceState: string;
  readonly name: string;
  /** 1 internal, 2 server, 3 client. */
  readonly kind: number;
  readonly durationNs: bigint;
  readonly attributes: ReceivedAttributes;
  readonly events: readonly { readonly name: string; readonly attributes: ReceivedAttributes }[];
  /** 2: error. */
  readonly status: number;
}

/** `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest` */
const readSpans = (request: Buffer): ReceivedSpan[] =>
  all(request, 1).flatMap((resourceSpans) =>
    all(resourceSpans, 2).flatMap((scopeSpans) =>
      all(scopeSpans, 2).map((span) => ({
        resource: attributesOf(one(resourceSpans, 1), 1),
        traceId: one(span, 1).toString('hex'),
        spanId: one(span, 2).toString('hex'),
        traceState: text(span, 3),
        parentSpanId: one(span, 4).toString('hex'),
        name: text(span, 5),
        kind: Number(int(span, 6)),
        durationNs: int(span, 8) - int(span, 7),
        attributes: attributesOf(span, 9),
        events: all(span, 11).map((event) => ({ name: text(event, 2), attributes: attributesOf(event, 3) })),
        status: Number(int(one(span, 15), 3)),
      })),
    ),
  );

/** A collector on a free port of 127.0.0.1. */
export interface OtlpReceiver {
  readonly port: number;
  readonly spans: readonly ReceivedSpan[];
  /** Paths or methods of the exports. */
  readonly calls: readonly string[];
  /** Headers of the latest export. */
  readonly headers: () => IncomingHttpHeaders;
  /** Every byte that was received. */
  readonly received: () => Buffer;
  /** Status of responses from now on; over HTTP alone. */
  respondWith(status: number): void;
  close(): Promise<void>;
}

interface Intake {
  readonly spans: ReceivedSpan[];
  readonly calls: string[];
  readonly parts: Buffer[];
  take(call: string, message: Buffer): void;
}

function createIntake(): Intake {
  const spans: ReceivedSpan[] = [];
  const calls: string[] = [];
  const parts: Buffer[] = [];
  return {
    spans,
    calls,
    parts,
    take(call, message) {
      calls.push(call);
      parts.push(message);
      if (/trace/i.test(call)) spans.push(...readSpans(message));
    },
  };
}

/** Receives OTLP over HTTP, in protobuf. */
export async function startHttpReceiver(): Promise<OtlpReceiver> {
  const intake = createIntake();
  let headers: IncomingHttpHeaders = {};
  let status = 200;
  const server = createServer((request, response) => {
    void buffer(request).then((body) => {
      headers = request.headers;
      const isZipped = request.headers['content-encoding'] === 'gzip';
      if (status === 200) intake.take(request.url ?? '', isZipped ? gunzipSync(body) : body);
      else intake.calls.push(request.url ?? '');
      response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    spans: intake.spans,
    calls: intake.calls,
    headers: () => headers,
    received: () => Buffer.concat(intake.parts),
    respondWith: (next) => void (status = next),
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
    const bytes = (value: Buffer): Buffer => value;
    server.addService(
      {
        Export: {
          path,
          requestStream: false,
          responseStream: false,
          requestSerialize: bytes,
          requestDeserialize: bytes,
          responseSerialize: bytes,
          responseDeserialize: bytes,
        },
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
    spans: intake.spans,
    calls: intake.calls,
    headers: () => headers,
    received: () => Buffer.concat(intake.parts),
    respondWith() {},
    close: async () => server.forceShutdown(),
  };
}
