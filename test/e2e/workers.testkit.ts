import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { until } from '../../packages/testkit/src/until.ts';

const main = fileURLToPath(new URL('../../packages/gateway/bin/grantgate.cjs', import.meta.url));

/** A line of the gateway's log. */
export interface LogLine {
  readonly msg: string;
  /** RFC 3339. */
  readonly time: string;
  readonly worker?: number;
  readonly pid?: number;
  readonly port?: number;
  readonly entryPoint?: string;
  readonly tier?: string;
}

/** A built gateway with workers, each in its own process. */
export interface WorkerResponse {
  readonly child: ChildProcess;
  readonly folder: string;
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
  readonly stderr: Promise<string>;
  readonly stdout: Promise<string>;
  /** The log so far. */
  text(): string;
  /** Complete lines of the log so far that contain this. */
  logged(message: string): readonly LogLine[];
  /** Waits until that many lines contain this. */
  untilLogged(message: string, count: number): Promise<readonly LogLine[]>;
  close(): void;
}

export interface Serving extends WorkerResponse {
  readonly port: number;
  readonly url: string;
}

/**
 * Starts `grantgate serve` with an install configuration and routes, both as JSON, which YAML includes.
 *
 * @param files text of other files in their folder, by name.
 */
export function serve(
  install: object,
  routes: object,
  files: Readonly<Record<string, string>> = {},
): WorkerResponse {
  const folder = mkdtempSync(join(tmpdir(), 'grantgate-workers-'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, 'routes.yaml'), JSON.stringify(routes));
  writeFileSync(
    join(folder, 'grantgate.yaml'),
    JSON.stringify({ providers: { file: { filename: 'routes.yaml' } }, ...install }),
  );
  const child = spawn(process.execPath, [main, 'serve', '--config', 'grantgate.yaml'], {
    cwd: folder,
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let seen = '';
  child.stderr.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  const logged = (message: string): readonly LogLine[] =>
    seen
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith('{') && line.includes(message))
      .map((line) => JSON.parse(line) as LogLine);
  return {
    child,
    folder,
    ended: once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals),
    stderr: text(child.stderr),
    stdout: text(child.stdout),
    text: () => seen,
    logged,
    untilLogged: (message, count) =>
      until(async () => {
        if (child.exitCode !== null) throw new Error(`ended:\n${seen}`);
        return logged(message).length >= count && logged(message);
      }),
    close() {
      child.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    },
  };
}

/** Waits until two workers are ready. */
export async function untilServing(served: WorkerResponse): Promise<Serving> {
  await served.untilLogged('worker ready', 2);
  const { port = 0 } = served.logged('listening')[0] ?? {};
  return { ...served, port, url: `http://127.0.0.1:${port}` };
}

export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** One request: the status, or the code of the error. */
export const visit = (
  url: string,
  agent: Agent,
  headers: Readonly<Record<string, string>> = {},
): Promise<number | string> =>
  new Promise((resolve) => {
    const fail = (error: NodeJS.ErrnoException): void => resolve(error.code ?? error.message);
    get(url, { agent, headers }, (response) => {
      response
        .on('error', fail)
        .resume()
        .on('end', () => resolve(response.statusCode ?? 0));
    }).on('error', fail);
  });

/** Callers that send one request after the other, each on one connection at a time. */
export interface Callers {
  /** Responses other than 200 so far. */
  readonly faults: readonly (number | string)[];
  /** Waits until each caller has received two more responses: then all earlier requests have ended. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** Half of them keep their connection; the others open one for each request. */
export function startCallers(url: string, count: number): Callers {
  const faults: (number | string)[] = [];
  const done = Array.from({ length: count }, () => 0);
  let running = true;
  const runs = done.map(async (_, index) => {
    const agent = new Agent({ keepAlive: index % 2 === 0, maxSockets: 1 });
    while (running) {
      const answer = await visit(url, agent);
      if (answer !== 200) faults.push(answer);
      done[index]! += 1;
    }
    agent.destroy();
  });
  return {
    faults,
    async settle() {
      const target = done.map((answers) => answers + 2);
      await until(async () => done.every((answers, index) => answers >= target[index]!));
    },
    async stop() {
      running = false;
      await Promise.all(runs);
    },
  };
}
