import type { Gateway } from '../../start/gateway.ts';
import type { InstallConfig } from '../../config/install-config.ts';
import { GatewayStartError } from '../../start-error.ts';
import type { Io } from '../io.ts';
import { untilStopped } from '../until-stopped.ts';

/** Serves in this process. */
export async function serveAlone(install: InstallConfig, io: Io): Promise<number> {
  const stop = untilStopped(io);
  let gateway: Gateway | undefined;
  // From the start, because Node.js opens its debugger on SIGUSR1 while there is no listener.
  const stopReopening = io.onReopen(() => gateway?.reopenLogs());
  const sinks = { stdout: await io.openSink('stdout'), stderr: await io.openSink('stderr') };
  try {
    const { startGateway } = await import('../../compose.ts');
    gateway = await startGateway(install, {
      env: io.env,
      ...sinks,
      signal: stop.signal,
      stop: () => stop.stop(),
    });
    await stop.stopped;
    await gateway.drain();
    return 0;
  } catch (error) {
    if (stop.signal.aborted && error === stop.signal.reason) return 0;
    if (!(error instanceof GatewayStartError)) throw error;
    io.stderr.write(`error: ${error.message} [${error.code}]\n`);
    return 1;
  } finally {
    stop.cancel();
    stopReopening();
    await Promise.all([sinks.stdout.close(), sinks.stderr.close()]);
  }
}
