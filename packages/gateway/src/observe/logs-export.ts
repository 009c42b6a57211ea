import type { ReadableLogRecord } from '@opentelemetry/sdk-logs';
import type { LogExportConfig } from '../config/otlp-config.ts';
import type { TraceIdentity } from '../pipeline/record.ts';
import type { LogLevel } from './log.ts';
import { openExporter, untilExported, type ExportDeps } from './open-exporter.ts';
import { createResource } from './otlp-resource.ts';

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

/** @throws Error when a package is missing, or when a file or a reference of the configuration cannot be read. */
export async function openLogsExport(config: LogExportConfig, deps: ExportDeps): Promise<LogsExport> {
  const { ROOT_CONTEXT: root, trace: traces } = await import('@opentelemetry/api');
  const { BatchLogRecordProcessor, LoggerProvider } = await import('@opentelemetry/sdk-logs');
  const exporter = await openExporter<ReadableLogRecord[]>(config.otlp, deps, {
    signal: 'logs',
    http: async () => (await import('@opentelemetry/exporter-logs-otlp-proto')).OTLPLogExporter,
    grpc: async () => (await import('@opentelemetry/exporter-logs-otlp-grpc')).OTLPLogExporter,
  });
  const isSized = (deps.env['OTEL_BLRP_MAX_QUEUE_SIZE'] ?? '') !== '';
  const provider = new LoggerProvider({
    resource: await createResource(config.resource, deps),
    processors: [new BatchLogRecordProcessor({ exporter, ...(!isSized && { maxQueueSize: queueSize }) })],
  });
  const logger = provider.getLogger('grantgate', deps.version);
  return {
    write({ timeMs, level, message, fields, trace }) {
      const context =
        trace === undefined
          ? root
          : traces.setSpanContext(root, {
              traceId: trace.traceId,
              spanId: trace.spanId,
              traceFlags: trace.isSampled ? 1 : 0,
            });
      logger.emit({
        timestamp: timeMs,
        // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- its package would be loaded for its numbers alone
        severityNumber: severities[level],
        severityText: level.toUpperCase(),
        body: message,
        attributes: fields,
        context,
      });
    },
    close: () => untilExported(provider.shutdown()),
  };
}
