import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startGateway } from '../../packages/gateway/src/compose.ts';
import { parseInstall } from '../../packages/gateway/src/config/parse-install.ts';
import { until } from '../../packages/testkit/src/until.ts';
import { findClosedPort } from '../../packages/testkit/src/scripted-server.ts';
import type { EchoServer } from '../../packages/testkit/src/echo-server.ts';
import { startEchoServer } from '../../packages/testkit/src/echo-server.ts';
import type { CapturedSink } from './gateway.testkit.ts';
import { createCapturedSink } from './gateway.testkit.ts';

/** The proxy's program and arguments, run in the folder of the example; or a function that starts a proxy there. */
export type ProxyCommand =
  readonly [program: string, ...args: string[]] | ((folder: string) => Promise<{ close(): Promise<void> }>);

export interface BesideOptions {
  /** Folder of `examples/`. */
  readonly example: string;
  /** URL of the token endpoint. */
  readonly tokenUrl: string;
  /** Undefined: no proxy is started. */
  readonly command: ProxyCommand | undefined;
}

export interface Beside {
  /** Origin of the proxy. */
  readonly url: string;
  /** Origin of the gateway's forward-auth entry point. */
  readonly checks: string;
  readonly folder: string;
  readonly service: EchoServer;
  readonly accessLog: CapturedSink;
  close(): Promise<void>;
}

/** Starts an example with other ports and another token endpoint: the service, the gateway and the real proxy. */
export async function startBeside({ tokenUrl, ...options }: BesideOptions): Promise<Beside> {
  const service = await startEchoServer();
  const example = await startExample({
    ...options,
    servicePort: service.port,
    change: (_name, text) => text.replaceAll('https://tenant.auth0.com/oauth/token', tokenUrl),
  });
  return {
    ...example,
    service,
    async close() {
      await example.close();
      await service.close();
    },
  };
}

export interface ExampleOptions extends Pick<BesideOptions, 'example' | 'command'> {
  readonly servicePort: number;
  /** The text of each of its files -> the text to use instead. Ports are changed in any case. */
  readonly change: (name: string, text: string) => string;
}

/** Starts the gateway and the proxy of an example; the service is already running. */
export async function startExample({
  example,
  command,
  servicePort,
  change,
}: ExampleOptions): Promise<Omit<Beside, 'service'>> {
  const folder = await mkdtemp(join(tmpdir(), 'grantgate-beside-'));
  await cp(fileURLToPath(new URL(`../../examples/${example}`, import.meta.url)), folder, { recursive: true });
  // If root starts nginx, nginx keeps large bodies there as another user.
  await chmod(folder, 0o755);
  const [web, checks, grpc] = [await findClosedPort(), await findClosedPort(), await findClosedPort()];
  for (const name of await readdir(folder)) {
    const here = (await readFile(join(folder, name), 'utf8'))
      .replace(/\b8000\b/g, String(web))
      .replace(/\b9000\b/g, String(checks))
      .replace(/\b9001\b/g, String(grpc))
      .replace(/\b8080\b/g, String(servicePort));
    await writeFile(join(folder, name), change(name, here));
  }
  const file = join(folder, 'grantgate.yaml');
  const { config, problems } = parseInstall(await readFile(file, 'utf8'), file);
  if (config === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  const accessLog = createCapturedSink();
  const gateway = await startGateway(config, { env: {}, stdout: accessLog, stderr: createCapturedSink() });
  const proxy =
    typeof command === 'function'
      ? await command(folder)
      : command && (await startProxy(command, folder, web));
  return {
    url: `http://127.0.0.1:${web}`,
    checks: `http://127.0.0.1:${checks}`,
    folder,
    accessLog,
    async close() {
      await proxy?.close();
      await gateway.drain();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves when the proxy listens; if it ends before, rejects with its output. */
async function startProxy(
  [program, ...args]: readonly [string, ...string[]],
  cwd: string,
  port: number,
): Promise<{ close(): Promise<void> }> {
  const child: ChildProcess = spawn(program, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, HOME: cwd, PATH: `${process.env['PATH'] ?? ''}:/usr/sbin` },
  });
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  let ended: string | undefined;
  const exited = new Promise<void>((resolve) => {
    child.once('error', (error) => {
      ended = error.message;
      resolve();
    });
    child.once('exit', (code) => {
      ended = `exit code ${String(code)}`;
      resolve();
    });
  });
  await until(
    async () => {
      if (ended !== undefined) throw new Error(`${program}: ${ended}\n${said}`);
      return isListening(port);
    },
    () => `${program} to listen on ${port}: ${said}`,
  );
  return {
    async close() {
      if (ended === undefined) child.kill('SIGTERM');
      await exited;
    },
  };
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

/** Envoy's binary, as installed by `make test-programs`; undefined when it is unavailable. */
export function findEnvoy(): string | undefined {
  const path = fileURLToPath(new URL('../../.envoy/envoy/_bin/envoy', import.meta.url));
  return existsSync(path) ? path : undefined;
}
