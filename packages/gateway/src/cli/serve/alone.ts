import type { InstallConfig } from '../../config/install.ts';
import { GatewayStartError } from '../../start-error.ts';
import type { Io } from '../io.ts';
import { untilStopped } from '../until-stopped.ts';

/** Serves in this process. */
export async function serveAlone(install: InstallConfig, io: Io): Promise<number> {
  const stop = untilStopped(io);
  const sinks = { stdout: await io.openSink('stdout'), stderr: await io.openSink('stderr') };
  try {
    const { startGateway } = await import('../../compose.ts');
    const gateway = await startGateway(install, { env: io.env, ...sinks, signal: stop.signal });
    const stopReopening = io.onReopen(() => gateway.reopenLogs());
    await stop.stopped;
    await gateway.drain();
    stopReopening();
    return 0;
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) return 0;
    if (!(error instanceof GatewayStartError)) throw error;
    io.stderr.write(`error: ${error.message} [${error.code}]\n`);
    return 1;
  } finally {
    stop.cancel();
    await Promise.all([sinks.stdout.close(), sinks.stderr.close()]);
  }
}
