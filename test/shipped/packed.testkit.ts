import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

// The published packages after `make build`: packed, and installed in empty projects.
export const root = fileURLToPath(new URL('../../', import.meta.url));
export const run = promisify(execFile);

/** Folders of the published packages. */
export const published = ['middleware', 'demo', 'gateway'] as const;
export type PackageName = (typeof published)[number];

export interface Tarball {
  readonly path: string;
  readonly size: number;
  readonly files: readonly string[];
}

export const npm = (args: readonly string[], cwd: string): Promise<{ readonly stdout: string }> =>
  run('npm', [...args, '--no-audit', '--no-fund', '--ignore-scripts'], { cwd, maxBuffer: 64 * 1024 * 1024 });

export const createFolder = (): Promise<string> => mkdtemp(join(tmpdir(), 'grantgate-shipped-'));

/** Packs a package into a folder, as `npm publish` would. */
export async function pack(name: PackageName, folder: string): Promise<Tarball> {
  // The gateway's own script of this name has already created the bundle.
  if (name === 'middleware')
    await run('npm', ['run', '--silent', 'prepack'], { cwd: join(root, 'packages', name) });
  const { stdout } = await npm(
    ['pack', '--json', '--pack-destination', folder],
    join(root, 'packages', name),
  );
  interface PackResult {
    readonly filename: string;
    readonly size: number;
    readonly files: readonly { readonly path: string }[];
  }
  const [{ filename, size, files }] = JSON.parse(stdout) as readonly [PackResult];
  return { path: join(folder, filename), size, files: files.map(({ path }) => path) };
}

/** Creates an empty project below a folder. */
export async function createProject(folder: string, name: string): Promise<string> {
  const project = join(folder, name);
  await mkdir(project);
  await writeFile(join(project, 'package.json'), `{ "name": "${name}", "private": true, "type": "module" }`);
  return project;
}

/** Installs packages, from tarballs or by name, in a project; returns its folder. */
export async function install(project: string, packages: readonly string[]): Promise<string> {
  await npm(['install', '--prefer-offline', ...packages], project);
  return project;
}
