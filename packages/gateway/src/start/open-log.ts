import type { Clock } from '@grantgate/middleware/base/clock';
import type { InstallConfig } from '../config/install.ts';
import type { Sink } from '../observe/sink.ts';
import { GatewayStartError } from '../start-error.ts';
import type { GatewayIo } from './gateway.ts';

/** Opens the gateway's own log. @throws GatewayStartError */
export async function openLog(
  { log }: InstallConfig,
  { stderr, worker }: Pick<GatewayIo, 'stderr' | 'worker'>,
  clock: Clock,
): Promise<Sink> {
  if (log.file === undefined) return stderr;
  const { path } = log.file;
  try {
    // Modules that only some configurations need are loaded on demand: every file delays the start.
    const { openLogFile } = await import('../observe/log-file.ts');
    return await openLogFile(log.file, {
      clock,
      shared: worker !== undefined,
      rotates: worker === undefined || worker.number === 1,
    });
  } catch (error) {
    throw new GatewayStartError('log_unavailable', `cannot open the log ${path}`, error);
  }
}
