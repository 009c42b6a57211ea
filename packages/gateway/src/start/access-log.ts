import type { Clock } from '@grantgate/middleware/base/clock';
import type { AccessLogConfig } from '../config/access-log-config.ts';
import type { InstallConfig } from '../config/install-config.ts';
import { createAccessLogLine } from '../observe/access-log.ts';
import { inBatches } from '../observe/batches.ts';
import type { Log } from '../observe/log.ts';
import type { LogsExport } from '../observe/logs-export.ts';
import { openSink, type Sink } from '../observe/sink.ts';
import type { RequestRecord } from '../pipeline/record.ts';
import { GatewayStartError } from '../start-error.ts';
import type { GatewayIo } from './gateway.ts';
import { findEntryPoints } from './find-entry-points.ts';
import { openLogsExport } from './telemetry.ts';

/** The access log: its lines, its export, or both. */
export interface AccessLog {
  readonly log: (record: RequestRecord) => void;
  /** Destination of the lines; undefined without lines. */
  readonly sink: Sink | undefined;
  close(): Promise<void>;
}

/** Opens the access log; undefined without `accessLog`. @throws GatewayStartError with nothing left open. */
export async function openAccessLog(
  { accessLog, entryPoints }: InstallConfig,
  { env, stdout, worker }: GatewayIo,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): Promise<AccessLog | undefined> {
  if (accessLog === undefined) return undefined;
  const exported = await openLogsExport('accessLog.otlp', accessLog.otlp, {
    ...{ env, log, worker: worker?.number },
  });
  let sink: Sink | undefined;
  try {
    sink = accessLog.writesLines ? await openLines(accessLog, stdout, clock) : undefined;
  } catch (error) {
    await exported?.close();
    throw error;
  }
  const listeners = [
    ...(sink === undefined ? [] : [writeLines(accessLog, sink)]),
    ...(exported === undefined ? [] : [await exportLines(accessLog, exported)]),
  ];
  const silent = findEntryPoints(entryPoints, ({ observability }) => !observability.accessLogs);
  return {
    log(record) {
      if (silent.size > 0 && silent.has(record.facts.entryPoint)) return;
      for (const listener of listeners) listener(record);
    },
    sink,
    async close() {
      await Promise.all([exported?.close(), sink === stdout ? undefined : sink?.close()]);
    },
  };
}

function writeLines(accessLog: AccessLogConfig, sink: Sink): (record: RequestRecord) => void {
  const toLine = createAccessLogLine(accessLog);
  return (record) => {
    const line = toLine(record);
    if (line !== undefined) sink.write(line);
  };
}

async function exportLines(
  accessLog: AccessLogConfig,
  { write }: LogsExport,
): Promise<(record: RequestRecord) => void> {
  const { createAccessLogExport } = await import('../observe/access-log-export.ts');
  const toLine = createAccessLogExport(accessLog);
  return (record) => {
    const line = toLine(record);
    if (line !== undefined) write(line);
  };
}

async function openLines(
  { filePath, bufferingSize }: AccessLogConfig,
  stdout: Sink,
  clock: Clock,
): Promise<Sink> {
  if (filePath === undefined) {
    if (bufferingSize === 0) return stdout;
    // Not closed here: the process owns it.
    const open: Sink = { write: (text) => stdout.write(text), reopen() {}, close: () => Promise.resolve() };
    return inBatches(open, clock, bufferingSize);
  }
  try {
    return inBatches(await openSink(filePath), clock, bufferingSize);
  } catch (error) {
    throw new GatewayStartError('log_unavailable', `cannot open the access log ${filePath}`, error);
  }
}
