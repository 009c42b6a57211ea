import { readFile, readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';

/** A file of routes, or why it could not be read. */
export type RouteFile =
  | { readonly file: string; readonly text: string; readonly fault?: undefined }
  | {
      readonly file: string;
      readonly text?: undefined;
      readonly fault: string;
      /** True when there is no such file: it does not merely resist. */
      readonly isGone: boolean;
    };

const extensions: ReadonlySet<string> = new Set(['.yaml', '.yml', '.toml', '.json']);

/** Whether a file of that name is read as a file of routes. */
export const isRouteFile = (path: string): boolean => extensions.has(extname(path).toLowerCase());

/**
 * Reads files and directories, those with everything below them, in the order of their names. In a directory, files of
 * other kinds and names that begin with a dot are passed over: editors and Kubernetes volumes keep copies there.
 */
export async function readFiles(paths: readonly string[]): Promise<readonly RouteFile[]> {
  const files = new Map<string, RouteFile>();
  const visited = new Set<string>();
  for (const path of paths) await visit(path, files, visited, true);
  return [...files.values()];
}

async function visit(
  path: string,
  files: Map<string, RouteFile>,
  visited: Set<string>,
  named: boolean,
): Promise<void> {
  if (files.has(path)) return;
  try {
    if ((await stat(path)).isDirectory()) {
      // A link may lead back up.
      const real = await realpath(path);
      if (visited.has(real)) return;
      visited.add(real);
      for (const name of (await readdir(path)).sort())
        if (!name.startsWith('.')) await visit(join(path, name), files, visited, false);
    } else if (isRouteFile(path)) {
      files.set(path, { file: path, text: await readFile(path, 'utf8') });
    } else if (named) {
      files.set(path, {
        file: path,
        fault: `expected a file of routes: ${[...extensions].join(', ')}`,
        isGone: false,
      });
    }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'error';
    files.set(path, {
      file: path,
      fault: `cannot be read (${code})`,
      isGone: code === 'ENOENT' || code === 'ENOTDIR',
    });
  }
}
