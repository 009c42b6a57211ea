import { resolve } from 'node:path';
import { startGateway } from '../compose.ts';
import { type Address, parseAddress } from '../config/address.ts';
import type { InstallConfig } from '../config/install.ts';
import { shorthandInstall, type CheckAddresses } from '../config/parse-install.ts';
import { GatewayStartError } from '../start-error.ts';
import { readInstall } from './configuration.ts';
import type { Io } from './io.ts';
import { formatProblem } from './problems.ts';
import { createStyle } from './style.ts';
import { UsageError } from './usage-error.ts';
import { untilStopped } from './until-stopped.ts';

export interface ServeFlags {
  readonly config?: string;
  readonly forwardAuth?: string;
  readonly extAuthz?: string;
}

/** `grantgate serve`: runs until SIGTERM or SIGINT, then drains and comes to 0; 1 when the gateway cannot start. */
export async function runServe(paths: readonly string[], flags: ServeFlags, io: Io): Promise<number> {
  const install = await findInstall(paths, flags, io);
  if (install === undefined) return 1;
  const stop = untilStopped(io);
  const sinks = { stdout: await io.openSink('stdout'), stderr: await io.openSink('stderr') };
  try {
    const gateway = await startGateway(install, { env: io.env, ...sinks });
    const stopReopening = io.onReopen(() => gateway.reopenLogs());
    await stop.stopped;
    await gateway.drain();
    stopReopening();
    return 0;
  } catch (error) {
    if (!(error instanceof GatewayStartError)) throw error;
    io.stderr.write(`error: ${error.message} [${error.code}]\n`);
    return 1;
  } finally {
    stop.cancel();
    await Promise.all([sinks.stdout.close(), sinks.stderr.close()]);
  }
}

async function findInstall(
  paths: readonly string[],
  { config: file, ...addresses }: ServeFlags,
  io: Io,
): Promise<InstallConfig | undefined> {
  if ((paths.length === 0) === (file === undefined))
    throw new UsageError('give either the paths of routes or --config FILE');
  const checks = readCheckAddresses(addresses);
  if (file !== undefined && Object.keys(checks).length > 0)
    throw new UsageError('with --config FILE, entry points are named there: forwardAuth, extAuthz');
  if (file === undefined) {
    const install = shorthandInstall(
      paths.map((path) => resolve(io.cwd, path)),
      checks,
    );
    // Without a configuration of its own, the log is for whoever looks on.
    return io.stderr.colors ? { ...install, log: { ...install.log, format: 'common' } } : install;
  }
  const { config, problems } = await readInstall(file, io);
  const style = createStyle(io.stderr);
  for (const problem of problems) io.stderr.write(formatProblem(problem, style));
  return config;
}

function readCheckAddresses({ forwardAuth, extAuthz }: Omit<ServeFlags, 'config'>): CheckAddresses {
  return {
    ...(forwardAuth !== undefined && { forwardAuth: readAddress('--forward-auth', forwardAuth) }),
    ...(extAuthz !== undefined && { extAuthz: readAddress('--ext-authz', extAuthz) }),
  };
}

function readAddress(flag: string, text: string): Address {
  const address = parseAddress(text);
  if (address === undefined)
    throw new UsageError(`${flag}: expected host:port, :port or [IPv6 address]:port`);
  return address;
}
