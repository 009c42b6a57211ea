import { execFile } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));
const built = join(root, 'packages/gateway/bundle/main.js');
const manifests = [
  'package-lock.json',
  'packages/gateway/bundle.mjs',
  'packages/gateway/package.json',
  'packages/dashboard/build.mjs',
  'packages/middleware/package.json',
];

const changedAt = (path: string): number => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Files of which the bundle consists. */
const inputs = (): readonly string[] => [
  ...manifests.map((path) => join(root, path)),
  ...['packages/gateway/src', 'packages/middleware/src', 'packages/dashboard/src'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => extname(path) !== '' && !/\.(?:test|testkit)\.ts$/.test(path))
      .map((path) => join(root, folder, path)),
  ),
];

/** Bundles the command, unless the bundle is up to date: tests of processes run the published files. */
export async function setup(): Promise<void> {
  if (inputs().every((path) => changedAt(path) < changedAt(built))) return;
  await promisify(execFile)(process.execPath, ['packages/gateway/bundle.mjs'], { cwd: root });
}
