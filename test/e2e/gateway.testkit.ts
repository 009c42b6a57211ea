import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Clock } from '../../packages/middleware/src/base/clock.ts';
import type { Gateway } from '../../packages/gateway/src/start/gateway.ts';
import { startGateway } from '../../packages/gateway/src/compose.ts';
import { parseInstall } from '../../packages/gateway/src/config/parse-install.ts';
import type { Sink } from '../../packages/gateway/src/observe/sink.ts';

/** Everything that was written to the log. */
export interface CapturedSink extends Sink {
  readonly text: () => string;
  readonly lines: () => readonly string[];
}

export function createCapturedSink(): CapturedSink {
  let text = '';
  return {
    write: (chunk) => void (text += chunk),
    reopen() {},
    close: async () => {},
    text: () => text,
    lines: () => text.split('\n').filter((line) => line !== ''),
  };
}

export interface TestGateway {
  /** `http://127.0.0.1:PORT` of the entry point `web`. */
  readonly url: string;
  readonly urlOf: (entryPoint: string) => string;
  readonly gateway: Gateway;
  readonly accessLog: CapturedSink;
  readonly log: CapturedSink;
  /** Folder of the route files. */
  readonly folder: string;
  close(): Promise<void>;
}

export interface TestGatewayOptions {
  /** Text of each route file, by name. */
  readonly routes: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Install configuration in YAML, without `providers`. */
  readonly install?: string;
  /** Default: the machine's clock. */
  readonly clock?: Clock;
}

const defaultInstall = `
entryPoints: { web: { address: "127.0.0.1:0" } }
accessLog: { format: json }
log: { level: debug }
`;

/** Starts a gateway on free ports with route files in a temporary folder. */
export async function startTestGateway(options: TestGatewayOptions): Promise<TestGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'grantgate-'));
  for (const [name, text] of Object.entries(options.routes)) await writeFile(join(folder, name), text);
  const install = `${options.install ?? defaultInstall}\nproviders: { file: { directory: ${JSON.stringify(folder)} } }\n`;
  const { config, problems } = parseInstall(install, join(folder, 'grantgate.yaml'));
  if (config === undefined) throw new Error(problems.map(({ message }) => message).join('\n'));
  const accessLog = createCapturedSink();
  const log = createCapturedSink();
  const gateway = await startGateway(config, {
    env: options.env ?? {},
    stdout: accessLog,
    stderr: log,
    ...(options.clock && { clock: options.clock }),
  });
  const urlOf = (entryPoint: string): string => {
    const tls = config.entryPoints.get(entryPoint)?.tls !== undefined;
    return `${tls ? 'https' : 'http'}://127.0.0.1:${gateway.addresses.get(entryPoint)?.port ?? 0}`;
  };
  return {
    url: urlOf('web'),
    urlOf,
    gateway,
    accessLog,
    log,
    folder,
    async close() {
      await gateway.drain();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
