import { resolve } from 'node:path';
import type { HostPort } from '../../config/address.ts';
import { isSameListener, parseAddress } from '../../config/address.ts';
import type { InstallConfig } from '../../config/install-config.ts';
import { maxWorkers } from '../../config/install-schema.ts';
import type { ExternalAuthAddresses } from '../../config/parse-install.ts';
import { shorthandInstall } from '../../config/parse-install.ts';
import type { Problem } from '../../config/place.ts';
import { configurationLimit } from '@grantgate/middleware/base/file-error';
import type { ReadInstall } from '../configuration.ts';
import { assertPaths, parseInstallText } from '../configuration.ts';
import type { Io } from '../io.ts';
import { formatProblem } from '../problems.ts';
import { readInput } from '../read-input.ts';
import { createStyle } from '../style.ts';
import { UsageError } from '../usage-error.ts';
import { availableParallelism } from 'node:os';

export interface ServeFlags {
  readonly config?: string;
  readonly forwardAuth?: string;
  readonly extAuthz?: string;
  readonly workers?: string;
}

/** The validated flags. */
export interface ServeOptions {
  readonly file: string | undefined;
  readonly checks: ExternalAuthAddresses;
  readonly workers: InstallConfig['workers'] | undefined;
}

/** Reads the install configuration of a command line, any number of times. */
export interface ReadInstallAgain {
  /** The text of the file; undefined without one. Standard input is read only once. */
  text(): Promise<string | undefined>;
  parse(text: string | undefined): ReadInstall;
}

/** @throws UsageError */
export function readFlags(paths: readonly string[], flags: ServeFlags): ServeOptions {
  const { config: file, workers, ...addresses } = flags;
  assertPaths(paths);
  if ((paths.length === 0) === (file === undefined))
    throw new UsageError('expected either paths of routes or --config FILE');
  const checks = readExternalAuthAddresses(addresses);
  if (file !== undefined && Object.keys(checks).length > 0)
    throw new UsageError(
      'with --config FILE, the file configures entry points: use forwardAuth or extAuthz there',
    );
  return { file, checks, workers: workers === undefined ? undefined : readWorkers(workers) };
}

export function createReadInstall(
  paths: readonly string[],
  { file, checks, workers }: ServeOptions,
  io: Io,
): ReadInstallAgain {
  let fromStdin: string | undefined;
  const withFlags = (config: InstallConfig): InstallConfig =>
    workers === undefined ? config : { ...config, workers };
  return {
    async text() {
      if (file === undefined) return undefined;
      const read = (): Promise<string> => readInput(file, io, configurationLimit);
      return file === '-' ? (fromStdin ??= await read()) : read();
    },
    parse(text) {
      if (file !== undefined && text !== undefined) {
        const { config, problems } = parseInstallText(text, file, io.cwd);
        return { config: config && withFlags(config), problems };
      }
      const install = withFlags(
        shorthandInstall(
          paths.map((path) => resolve(io.cwd, path)),
          checks,
        ),
      );
      // Without a configuration, the log is for the person at the terminal.
      const config: InstallConfig = io.stderr.colors
        ? { ...install, log: { ...install.log, format: 'common' } }
        : install;
      return { config, problems: [] };
    },
  };
}

export function reportProblems(problems: readonly Problem[], io: Io): void {
  const style = createStyle(io.stderr);
  for (const problem of problems) io.stderr.write(formatProblem(problem, style));
}

function readWorkers(text: string): InstallConfig['workers'] {
  if (text.toLowerCase() === 'auto') return 'auto';
  const count = /^[1-9]\d{0,3}$/.test(text) ? Number(text) : 0;
  if (count < 1 || count > maxWorkers)
    throw new UsageError(`--workers: expected auto or a whole number from 1 to ${maxWorkers}`);
  return count;
}

function readExternalAuthAddresses({
  forwardAuth,
  extAuthz,
}: Pick<ServeFlags, 'forwardAuth' | 'extAuthz'>): ExternalAuthAddresses {
  const addresses = {
    ...(forwardAuth !== undefined && { forwardAuth: readAddress('--forward-auth', forwardAuth) }),
    ...(extAuthz !== undefined && { extAuthz: readAddress('--ext-authz', extAuthz) }),
  };
  const { forwardAuth: one, extAuthz: other } = addresses;
  if (one !== undefined && other !== undefined && isSameListener(one, other))
    throw new UsageError(
      `--forward-auth ${forwardAuth} and --ext-authz ${extAuthz} conflict: give each its own port`,
    );
  return addresses;
}

function readAddress(flag: string, text: string): HostPort {
  const address = parseAddress(text);
  if (address === undefined)
    throw new UsageError(`${flag}: expected host:port, :port or [IPv6 address]:port`);
  return address;
}

/** Number of processes that serve requests. */
export function countWorkers({ workers }: InstallConfig): number {
  return workers === 'auto' ? availableParallelism() : workers;
}
