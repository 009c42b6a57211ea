/** A field of a protobuf message: a varint, the bits of a fixed number, or bytes. */
interface WireField {
  readonly number: number;
  readonly value: bigint;
  readonly bytes: Buffer;
}

/** Reads protobuf by its specification, independently of the code that writes it. */
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
      const fixed = type === 1 ? bytes.readBigUInt64LE() : type === 5 ? BigInt(bytes.readUInt32LE()) : 0n;
      yield { number, bytes, value: fixed };
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
export const readSpans = (request: Buffer): ReceivedSpan[] =>
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

/** `opentelemetry.proto.metrics.v1.NumberDataPoint` or `HistogramDataPoint` */
export interface ReceivedPoint {
  readonly attributes: ReceivedAttributes;
  /** The sum of a histogram. */
  readonly value: number;
  /** Only for a histogram, like the buckets. */
  readonly count: number;
  readonly bounds: readonly number[];
  readonly counts: readonly number[];
  readonly startNs: bigint;
  readonly timeNs: bigint;
}

/** `opentelemetry.proto.metrics.v1.Metric` */
export interface ReceivedMetric {
  readonly resource: ReceivedAttributes;
  readonly name: string;
  readonly unit: string;
  readonly kind: 'gauge' | 'sum' | 'histogram';
  /** 2: cumulative; 0 for a gauge. */
  readonly temporality: number;
  readonly points: readonly ReceivedPoint[];
}

const kinds = { 5: 'gauge', 7: 'sum', 9: 'histogram' } as const;
const doubles = (packed: Buffer): number[] =>
  Array.from({ length: packed.length / 8 }, (_, index) => packed.readDoubleLE(index * 8));
const fixed64s = (packed: Buffer): number[] =>
  Array.from({ length: packed.length / 8 }, (_, index) => Number(packed.readBigUInt64LE(index * 8)));
const double = (message: Buffer, number: number): number => doubles(one(message, number))[0] ?? 0;

const readPoint = (point: Buffer, kind: ReceivedMetric['kind']): ReceivedPoint => ({
  attributes: attributesOf(point, kind === 'histogram' ? 9 : 7),
  value: kind === 'histogram' ? double(point, 5) : double(point, 4),
  count: kind === 'histogram' ? Number(int(point, 4)) : 0,
  counts: kind === 'histogram' ? all(point, 6).flatMap(fixed64s) : [],
  bounds: kind === 'histogram' ? all(point, 7).flatMap(doubles) : [],
  startNs: int(point, 2),
  timeNs: int(point, 3),
});

/** `opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest` */
export const readMetrics = (request: Buffer): ReceivedMetric[] =>
  all(request, 1).flatMap((resourceMetrics) =>
    all(resourceMetrics, 2).flatMap((scopeMetrics) =>
      all(scopeMetrics, 2).flatMap((metric) =>
        ([5, 7, 9] as const).flatMap((number) =>
          all(metric, number).map((data) => ({
            resource: attributesOf(one(resourceMetrics, 1), 1),
            name: text(metric, 1),
            unit: text(metric, 3),
            kind: kinds[number],
            temporality: number === 5 ? 0 : Number(int(data, 2)),
            points: all(data, 1).map((point) => readPoint(point, kinds[number])),
          })),
        ),
      ),
    ),
  );

/** `opentelemetry.proto.logs.v1.LogRecord` */
export interface ReceivedLog {
  readonly resource: ReceivedAttributes;
  readonly timeNs: bigint;
  /** 9 information, 13 warning, 17 error. */
  readonly severity: number;
  readonly severityText: string;
  readonly body: unknown;
  readonly attributes: ReceivedAttributes;
  readonly traceId: string;
  readonly spanId: string;
  readonly flags: number;
}

/** `opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest` */
export const readLogs = (request: Buffer): ReceivedLog[] =>
  all(request, 1).flatMap((resourceLogs) =>
    all(resourceLogs, 2).flatMap((scopeLogs) =>
      all(scopeLogs, 2).map((record) => ({
        resource: attributesOf(one(resourceLogs, 1), 1),
        timeNs: int(record, 1),
        severity: Number(int(record, 2)),
        severityText: text(record, 3),
        body: anyValue(one(record, 5)),
        attributes: attributesOf(record, 6),
        traceId: one(record, 9).toString('hex'),
        spanId: one(record, 10).toString('hex'),
        flags: Number(int(record, 8)),
      })),
    ),
  );
