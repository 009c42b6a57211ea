import type { Io } from './io.ts';
import { serveAlone } from './serve/alone.ts';
import type { ServeFlags } from './serve/install.ts';
import { createReadInstall, readFlags, reportProblems, countWorkers } from './serve/install.ts';

export type { ServeFlags } from './serve/install.ts';

/** `grantgate serve`: runs until SIGTERM or SIGINT, then drains and returns 0; returns 1 when the gateway cannot start. */
export async function runServe(paths: readonly string[], flags: ServeFlags, io: Io): Promise<number> {
  const read = createReadInstall(paths, readFlags(paths, flags), io);
  const primary = await io.findPrimary();
  if (primary !== undefined) return (await import('./serve/worker.ts')).serveAsWorker(read, primary, io);
  const text = await read.text();
  const { config, problems } = read.parse(text);
  reportProblems(problems, io);
  if (config === undefined) return 1;
  if (countWorkers(config) === 1) return serveAlone(config, io);
  return (await import('./serve/primary.ts')).serveWithWorkers({ config, text }, read, io);
}
