import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { configurationLimit, toFileError } from '../../files/file-error.ts';
import { readRegularFile } from '../../files/read-regular-file.ts';

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
  return createReadFiles(paths)();
}

/** The same, again and again: a file that the file system says is unchanged is not read again. */
export function createReadFiles(paths: readonly string[]): () => Promise<readonly RouteFile[]> {
  let known: ReadonlyMap<string, Stamped> = new Map();
  return async () => {
    const reading: Reading = { files: new Map(), stamped: new Map(), visited: new Set(), known };
    for (const path of paths) await visit(path, reading, true);
    known = reading.stamped;
    return [...reading.files.values()];
  };
}

/** A file, and what the file system said of it before it was read. */
interface Stamped {
  readonly stamp: string;
  readonly file: RouteFile;
}

interface Reading {
  readonly files: Map<string, RouteFile>;
  readonly stamped: Map<string, Stamped>;
  readonly visited: Set<string>;
  readonly known: ReadonlyMap<string, Stamped>;
}

/**
 * Milliseconds after a change within which another one may leave a file's times as they are: clocks of file systems are coarse,
 * some to two seconds.
 */
const raceMs = 3000n;

async function visit(path: string, reading: Reading, named: boolean): Promise<void> {
  const { files, visited } = reading;
  if (files.has(path)) return;
  try {
    const found = await stat(path, { bigint: true });
    if (found.isDirectory()) {
      // A link may lead back up.
      const real = await realpath(path);
      if (visited.has(real)) return;
      visited.add(real);
      for (const name of (await readdir(path)).sort())
        if (!name.startsWith('.')) await visit(join(path, name), reading, false);
    } else if (isRouteFile(path)) {
      const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = found;
      const stamp = [dev, ino, size, mtimeNs, ctimeNs].join(':');
      const before = reading.known.get(path);
      const isSettled = BigInt(Date.now()) - ctimeMs > raceMs;
      const file = before?.stamp === stamp ? before.file : { file: path, text: await readText(path) };
      files.set(path, file);
      if (isSettled) reading.stamped.set(path, { stamp, file });
    } else if (named) {
      files.set(path, {
        file: path,
        fault: `expected a file of routes: ${[...extensions].join(', ')}`,
        isGone: false,
      });
    }
  } catch (error) {
    const { code, message: fault } = toFileError(error);
    files.set(path, {
      file: path,
      fault,
      isGone: code === 'ENOENT' || code === 'ENOTDIR',
    });
  }
}

const readText = async (path: string): Promise<string> =>
  (await readRegularFile(path, configurationLimit)).toString('utf8');
