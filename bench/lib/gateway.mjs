import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** This repository. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Starts `grantgate serve` in its own process, and waits until it and all of its workers are ready. `install` and `routes` are
 * objects, written as JSON, which is valid YAML. `build` is another repository, `onMessage` receives the messages of the log.
 */
export async function startGateway(stage, { name, install, routes, build = root, onMessage, env }) {
  const files = { install: stage.path(`${name}.yaml`), routes: stage.path(`${name}.routes.yaml`) };
  writeFileSync(files.routes, JSON.stringify(routes));
  writeFileSync(
    files.install,
    JSON.stringify({ providers: { file: { filename: files.routes } }, log: { format: 'json' }, ...install }),
  );
  const ports = new Map();
  let workers = 0;
  const onLine = (line) => {
    if (!line.startsWith('{')) return;
    const message = JSON.parse(line);
    if (message.msg === 'listening') ports.set(message.entryPoint, message.port);
    if (message.msg === 'worker ready') workers += 1;
    onMessage?.(message);
  };
  const main = join(build, 'packages/gateway/bin/grantgate.cjs');
  const program = stage.run(process.execPath, [main, 'serve', '--config', files.install], { onLine, env });
  const wanted = (install.workers ?? 1) > 1 ? install.workers : 0;
  const entryPoints = Object.keys(install.entryPoints);
  await stage.until(
    program,
    async () => workers >= wanted && entryPoints.every((entryPoint) => ports.has(entryPoint)),
  );
  return { ...program, program, files, portOf: (entryPoint) => ports.get(entryPoint) };
}
