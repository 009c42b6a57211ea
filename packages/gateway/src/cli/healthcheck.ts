import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { connect, isIPv6 } from 'node:net';
import type { Clock } from '@grantgate/middleware/base/clock';
import { systemClock } from '@grantgate/middleware/base/clock';
import { describeConnectionFault } from '@grantgate/middleware/base/connection-fault';
import type { EntryPointConfig } from '../config/entry-point-config.ts';
import type { InstallConfig } from '../config/install-config.ts';
import { shorthandInstall } from '../config/parse-install.ts';
import { readInstall } from './configuration.ts';
import type { Io } from './io.ts';
import { reportProblems } from './serve/install.ts';
import { UsageError } from './usage-error.ts';

export interface HealthcheckFlags {
  readonly config?: string;
}

/** Time limit for the response, in milliseconds. */
const timeoutMs = 5000;

/** `grantgate healthcheck`: 0 when the gateway of this machine responds, 1 when it does not. */
export async function runHealthcheck(
  flags: HealthcheckFlags,
  io: Io,
  clock: Clock = systemClock,
): Promise<number> {
  const install = await read(flags.config, io);
  if (install === undefined) return 1;
  const { entryPoint, isPing } = chooseEntryPoint(install);
  if (entryPoint.port === 0) {
    io.stderr.write(
      `error: the entry point ${entryPoint.name} listens on a free port: set its port to check it\n`,
    );
    return 1;
  }
  const { healthy, text } = await (isPing ? ping : tryConnection)(entryPoint, clock);
  (healthy ? io.stdout : io.stderr).write(`${healthy ? 'healthy' : 'error: unhealthy'}: ${text}\n`);
  return healthy ? 0 : 1;
}

/**
 * Undefined when there is none; the reason has been written. Docker reserves exit code 2, so a missing file is not reported
 * as wrong usage.
 */
async function read(file: string | undefined, io: Io): Promise<InstallConfig | undefined> {
  if (file === undefined) return shorthandInstall([]);
  try {
    const { config, problems } = await readInstall(file, io);
    if (config === undefined) reportProblems(problems, io);
    return config;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.stderr.write(`error: ${error.message}\n`);
    return undefined;
  }
}

interface HealthTarget {
  readonly entryPoint: EntryPointConfig;
  /** Whether it serves `/ping`. */
  readonly isPing: boolean;
}

function chooseEntryPoint({ entryPoints, ping }: InstallConfig): HealthTarget {
  const responder = ping?.entryPoint === undefined ? undefined : entryPoints.get(ping.entryPoint);
  if (responder !== undefined) return { entryPoint: responder, isPing: true };
  const [first] = entryPoints.values();
  if (first === undefined) throw new Error('an install configuration has an entry point');
  return { entryPoint: first, isPing: false };
}

interface HealthResult {
  readonly healthy: boolean;
  readonly text: string;
}

function ping({ host, port, tls }: EntryPointConfig, clock: Clock): Promise<HealthResult> {
  const url = `${tls === undefined ? 'http' : 'https'}://${toAuthority(host, port)}/ping`;
  // The certificate is for the names that callers use, not for the address of this machine.
  const options = { agent: false, rejectUnauthorized: false };
  return new Promise((resolve) => {
    const request = (tls === undefined ? requestHttp : requestHttps)(url, options, (response) => {
      timer.cancel();
      response.destroy();
      const { statusCode } = response;
      resolve({ healthy: statusCode === 200, text: `${url} responded with ${statusCode}` });
    });
    const timer = clock.after(timeoutMs, () => void request.destroy(new Error(noResponse)));
    request.on('error', (error) => {
      timer.cancel();
      resolve({ healthy: false, text: `${url}: ${describe(error)}` });
    });
    request.end();
  });
}

function tryConnection({ host, port }: EntryPointConfig, clock: Clock): Promise<HealthResult> {
  const address = toAuthority(host, port);
  return new Promise((resolve) => {
    const socket = connect({ host: toReachable(host), port });
    const end = (health: HealthResult): void => {
      timer.cancel();
      socket.destroy();
      resolve(health);
    };
    const timer = clock.after(timeoutMs, () => void socket.destroy(new Error(noResponse)));
    socket.once('connect', () =>
      end({ healthy: true, text: `${address} accepts connections (ping is off)` }),
    );
    socket.once('error', (error) => end({ healthy: false, text: `${address}: ${describe(error)}` }));
  });
}

const noResponse = `no response within ${timeoutMs / 1000} s`;

const describe = (error: Error): string =>
  ('code' in error ? describeConnectionFault(String(error.code)) : undefined) ?? error.message;

/** An address at which this machine reaches a listener. A listener on all addresses is reached over loopback. */
function toReachable(host: string | undefined): string {
  if (host === undefined || host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

function toAuthority(host: string | undefined, port: number): string {
  const reachable = toReachable(host);
  return `${isIPv6(reachable) ? `[${reachable}]` : reachable}:${port}`;
}
