import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Secret } from '../../../middleware/src/base/secret.ts';
import type { TestAuthority } from '../certificates.ts';
import { until } from '../until.ts';
import { findClosedPort } from '../scripted-server.ts';
import type { RedisTls } from '../../../middleware/src/cache/redis/options.ts';

/** How every process of a test's Redis is secured. */
export interface RedisSecurity {
  /** Issues the certificates of servers and clients, which clients must present. Absent: plain TCP. */
  readonly authority?: TestAuthority;
  /** Of the user `username`, or of the default user. */
  readonly password?: string;
  /** An ACL user; the default user is then disabled. Requires `password`. */
  readonly username?: string;
}

/** A `redis-server` on a loopback port, in its own folder. */
export interface RedisProcess {
  readonly host: string;
  readonly port: number;
  /** Sends a command as an administrator, on a separate connection. */
  command(name: string, ...args: readonly (string | number)[]): Promise<unknown>;
  /** SIGKILL; resolves once the process has exited. */
  kill(): Promise<void>;
  /** SIGSTOP: sockets stay open, but there are no replies. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
  /** Restarts it on the same port, with the data in its folder, which only the nodes of a cluster have. */
  restart(): Promise<void>;
  /** Kills it and removes its folder. */
  close(): Promise<void>;
}

/** Ports of the loopback interface on which nothing listens; a killed server finds its port free again. */
export const freePorts = (count: number, host?: string): Promise<number[]> =>
  Promise.all(Array.from({ length: count }, () => findClosedPort(host)));

/** The client's side of `security`. */
export function clientTls({ authority }: RedisSecurity): { tls?: RedisTls } {
  if (authority === undefined) return {};
  const { cert, key } = authority.issue('a gateway');
  return { tls: { ca: authority.cert, cert, key: new Secret(key), insecureSkipVerify: false } };
}

/** Configuration lines that grant a user all permissions. */
export function userLines({ username, password }: RedisSecurity): string[] {
  if (password === undefined) return [];
  if (username === undefined) return [`requirepass ${password}`];
  return [`user ${username} on >${password} ~* &* +@all`, 'user default off'];
}

interface RedisServerAccess {
  readonly host: string;
  readonly port: number;
  readonly security: RedisSecurity;
  readonly certificate: ReturnType<TestAuthority['issue']> | undefined;
}

/** Writes the files of `redis-server` into its folder. @returns the path of its configuration file. */
function writeConfiguration(
  folder: string,
  { host, port, security, certificate, lines }: RedisServerAccess & { readonly lines: readonly string[] },
): string {
  const file = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const { authority } = security;
  const listening =
    authority === undefined || certificate === undefined
      ? [`port ${port}`]
      : [
          'port 0',
          `tls-port ${port}`,
          `tls-ca-cert-file ${file('ca.pem', authority.cert)}`,
          `tls-cert-file ${file('cert.pem', certificate.cert)}`,
          `tls-key-file ${file('key.pem', certificate.key)}`,
          'tls-auth-clients yes',
          'tls-replication yes',
        ];
  const settings = [`bind ${host}`, `dir ${folder}`, 'daemonize no', 'save ""', 'appendonly no'];
  return file('redis.conf', [...settings, ...listening, ...userLines(security), ...lines, ''].join('\n'));
}

/** Sends each command on a separate connection. */
function createCommand({ host, port, security, certificate }: RedisServerAccess): RedisProcess['command'] {
  const { authority, username, password } = security;
  const tls =
    authority === undefined || certificate === undefined
      ? {}
      : { tls: { ca: authority.cert, cert: certificate.cert, key: certificate.key } };
  return async (name, ...args) => {
    const client = new Redis({
      host,
      port,
      ...(username === undefined ? {} : { username }),
      ...(password === undefined ? {} : { password }),
      ...tls,
      lazyConnect: true,
      enableReadyCheck: false,
      retryStrategy: () => null,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.call(name, ...args);
    } finally {
      client.disconnect();
    }
  };
}

/** Starts a process with additional lines of configuration, and waits until it responds. */
export async function startRedisProcess(
  port: number,
  security: RedisSecurity,
  lines: readonly string[] = [],
  mode: 'server' | 'sentinel' = 'server',
  host = '127.0.0.1',
): Promise<RedisProcess> {
  const folder = mkdtempSync(join(tmpdir(), 'grantgate-redis-'));
  const certificate = security.authority?.issue('redis', ['127.0.0.1', 'localhost']);
  const configuration = writeConfiguration(folder, { host, port, security, certificate, lines });
  const command = createCommand({ host, port, security, certificate });
  let child: ChildProcess;
  let output = '';

  const start = async (): Promise<void> => {
    output = '';
    child = spawn('redis-server', [configuration, ...(mode === 'sentinel' ? ['--sentinel'] : [])], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (text: Buffer): void => void (output += text.toString());
    child.stdout?.on('data', keep);
    child.stderr?.on('data', keep);
    let failure: Error | undefined;
    child.once('error', (error) => (failure = error));
    await until(async () => {
      if (failure !== undefined) throw failure;
      if (child.exitCode !== null) throw new Error(`redis-server ended at its start:\n${output}`);
      return command('PING').catch(() => false);
    });
  };
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  };
  await start();
  return {
    host,
    port,
    command,
    kill,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
    restart: async () => {
      await kill();
      await start();
    },
    close: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
