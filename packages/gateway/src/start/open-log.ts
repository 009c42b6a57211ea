import type { Clock } from '@grantgate/middleware/base/clock';
import type { InstallConfig } from '../config/install-config.ts';
import { createLog, type Log } from '../observe/log.ts';
import type { Sink } from '../observe/sink.ts';
import { GatewayStartError } from '../start-error.ts';
import type { GatewayIo } from './gateway.ts';
import { openLogsExport } from './telemetry.ts';

/** @throws GatewayStartError */
async function openLog(
  { log }: InstallConfig,
  stderr: Sink,
  { clock, ...sharing }: LogFileSharing & { readonly clock: Clock },
): Promise<Sink> {
  if (log.file === undefined) return stderr;
  const { path } = log.file;
  try {
    // Loaded on demand, because every module delays the start and only some configurations need it.
    const { openLogFile } = await import('../observe/log-file.ts');
    return await openLogFile(log.file, { clock, ...sharing });
  } catch (error) {
    throw new GatewayStartError('log_unavailable', `cannot open the log ${path}`, error);
  }
}

/** How several processes share a log file. */
export interface LogFileSharing {
  readonly shared: boolean;
  readonly rotates: boolean;
}

/** The gateway's own log. */
export interface OpenLog {
  readonly log: Log;
  /** Destination of its lines. */
  readonly sink: Sink;
  /** Exports the remaining records, within at most 5 seconds. */
  readonly flush: () => Promise<void>;
}

/** Opens the gateway's own log with its export. @throws GatewayStartError with nothing left open. */
export async function openOwnLog(
  install: InstallConfig,
  { env, stderr, worker }: Pick<GatewayIo, 'env' | 'stderr' | 'worker'>,
  {
    clock,
    shared = worker !== undefined,
    rotates = worker === undefined || worker.number === 1,
  }: { readonly clock: Clock } & Partial<LogFileSharing>,
): Promise<OpenLog> {
  const sink = await openLog(install, stderr, { clock, shared, rotates });
  const base = worker && { worker: worker.number };
  const written = createLog(install.log, sink, base);
  try {
    const exported = await openLogsExport('log.otlp', install.log.otlp, {
      env,
      log: written,
      worker: worker?.number,
    });
    if (exported === undefined) return { log: written, sink, flush: () => Promise.resolve() };
    const { createExportedLog } = await import('../observe/exported-log.ts');
    return {
      log: createExportedLog(written, { write: exported.write, now: () => clock.now(), base }),
      sink,
      flush: () => exported.close(),
    };
  } catch (error) {
    if (sink !== stderr) await sink.close();
    throw error;
  }
}
