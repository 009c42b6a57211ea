import { execFileSync, spawn } from 'node:child_process';
import { until } from '../../../packages/testkit/src/until.ts';
import { sendRequest } from '../send-request.testkit.ts';
import { readConfiguration } from './configuration.testkit.ts';

/** Program of a real Traefik 3.7, built by `make test-proxies`; undefined: only the stand-in is used. */
export const traefikProgram: string | undefined = process.env['TRAEFIK'] || undefined;

/** Version that the program reports. */
export function readVersion(program: string): string {
  const said = execFileSync(program, ['version'], { encoding: 'utf8' });
  return /Version:\s+v?(\S+)/.exec(said)?.[1] ?? said;
}

/** Starts the real Traefik in a folder; resolves when every entry point serves the routes of the configuration. */
export async function startReal(
  program: string,
  folder: string,
  file = 'traefik.yaml',
): Promise<{ close(): Promise<void> }> {
  const { entryPoints, routes } = await readConfiguration(folder, file);
  const [{ rule } = { rule: '' }] = Object.values(routes.routers);
  const path = /PathPrefix\(`([^`]+)`\)/.exec(rule)?.[1] ?? '/';
  const addresses = Object.values(entryPoints).map(({ address }) => address);
  return startTraefik(program, folder, addresses, { file, path });
}

/** Likewise with a configuration in any format; resolves when every address serves the path. */
export async function startTraefik(
  program: string,
  folder: string,
  addresses: readonly string[],
  { file = 'traefik.yaml', path }: { readonly file?: string; readonly path: string },
): Promise<{ close(): Promise<void> }> {
  const child = spawn(program, [`--configFile=${file}`], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const state = { ended: false };
  const exited = new Promise<void>((resolve) => {
    const end = (): void => {
      state.ended = true;
      resolve();
    };
    child.once('exit', end);
    child.once('error', (error) => {
      said += error.message;
      end();
    });
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
  // Traefik listens before it has read its routes.
  for (const address of addresses)
    await until(
      () => {
        if (state.ended) throw new Error(`${program} ended: ${said}`);
        return serves(`http://${address}`, path);
      },
      () => `${program} to serve ${path} on ${address}: ${said}`,
    );
  return {
    async close() {
      if (!state.ended) child.kill('SIGKILL');
      await exited;
    },
  };
}

async function serves(origin: string, path: string): Promise<boolean> {
  try {
    return (await sendRequest(origin, { path })).status !== 404;
  } catch {
    return false;
  }
}
