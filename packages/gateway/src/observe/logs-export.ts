import type { HrTime, SpanContext } from '@opentelemetry/api';
import type { ReadableLogRecord, ReadWriteLogRecord } from '@opentelemetry/sdk-logs';
import type { LogExportConfig } from '../config/otlp-config.ts';
import type { TraceIdentity } from '../pipeline/record.ts';
import type { LogLevel } from './log.ts';
import { openExporter, untilExported, type ExportDeps } from './open-exporter.ts';
import { createResource } from './otlp-resource.ts';
import { toHrTime } from './otlp-time.ts';

/** One line of a log, in parts, without secrets and tokens. */
export interface ExportedLine {
  /** Milliseconds since the epoch. */
  readonly timeMs: number;
  readonly level: LogLevel;
  readonly message: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  /** Undefined: the line belongs to no trace. */
  readonly trace: TraceIdentity | undefined;
}

/** Sends a log to a collector. */
export interface LogsExport {
  /** Queues the line, or drops it when the queue is full; never waits. */
  readonly write: (line: ExportedLine) => void;
  /** Exports the remaining lines, within at most 5 seconds. */
  close(): Promise<void>;
}

/** Numbers of severities in OpenTelemetry. */
const severities: Readonly<Record<LogLevel, number>> = { debug: 5, info: 9, warn: 13, error: 17 };

/**
 * Maximum number of lines that wait for their export, unless `OTEL_BLRP_MAX_QUEUE_SIZE` is set: 2,048 are too few for thousands of
 * requests a second.
 */
const queueSize = 16_384;

/** A line for the exporter. The SDK's own records cost 50% more, because of checks that these fields always pass. */
class ExportedRecord implements ReadableLogRecord {
  readonly severityNumber: number;
  readonly severityText: string;
  readonly body: string;
  readonly attributes: ExportedLine['fields'];
  readonly spanContext?: SpanContext;
  readonly resource: ReadableLogRecord['resource'];
  readonly instrumentationScope: ReadableLogRecord['instrumentationScope'];
  readonly droppedAttributesCount = 0;
  readonly #timeMs: number;

  constructor(
    { timeMs, level, message, fields, trace }: ExportedLine,
    { resource, instrumentationScope }: Pick<ReadableLogRecord, 'resource' | 'instrumentationScope'>,
  ) {
    this.#timeMs = timeMs;
    this.severityNumber = severities[level];
    this.severityText = level.toUpperCase();
    this.body = message;
    this.attributes = fields;
    this.resource = resource;
    this.instrumentationScope = instrumentationScope;
    if (trace !== undefined)
      this.spanContext = {
        traceId: trace.traceId,
        spanId: trace.spanId,
        traceFlags: trace.isSampled ? 1 : 0,
      };
  }

  get hrTime(): HrTime {
    return toHrTime(this.#timeMs);
  }

  get hrTimeObserved(): HrTime {
    return toHrTime(this.#timeMs);
  }
}

/** @throws Error when a package is missing, or when a file or a reference of the configuration cannot be read. */
export async function openLogsExport(config: LogExportConfig, deps: ExportDeps): Promise<LogsExport> {
  const { BatchLogRecordProcessor } = await import('@opentelemetry/sdk-logs');
  const exporter = await openExporter<ReadableLogRecord[]>(config.otlp, deps, {
    signal: 'logs',
    http: async () => (await import('@opentelemetry/exporter-logs-otlp-proto')).OTLPLogExporter,
    grpc: async () => (await import('@opentelemetry/exporter-logs-otlp-grpc')).OTLPLogExporter,
  });
  const isSized = (deps.env['OTEL_BLRP_MAX_QUEUE_SIZE'] ?? '') !== '';
  const queue = new BatchLogRecordProcessor({ exporter, ...(!isSized && { maxQueueSize: queueSize }) });
  const origin = {
    resource: await createResource(config.resource, deps),
    instrumentationScope: { name: 'grantgate', version: deps.version },
  };
  return {
    // The cast is safe, because a queue only reads its records.
    write: (line) => queue.onEmit(new ExportedRecord(line, origin) as unknown as ReadWriteLogRecord),
    close: () => untilExported(queue.shutdown()),
  };
}
