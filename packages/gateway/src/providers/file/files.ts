import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { configurationLimit, toFileError } from '@grantgate/middleware/base/file-error';
import { readRegularFile } from '@grantgate/middleware/base/read-regular-file';

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

/** With the dot, in lower case. */
export const routeFileExtensions: readonly string[] = Object.freeze(['.yaml', '.yml', '.toml', '.json']);

/** Whether a file of that name is read as a file of routes. */
export const isRouteFile = (path: string): boolean =>
  routeFileExtensions.includes(extname(path).toLowerCase());

/** Files that some paths lead to. */
export interface RouteFiles {
  readonly files: readonly RouteFile[];
  /** The paths that lead to no file of routes, or to one with nothing in it. */
  readonly bare: readonly string[];
}

/**
 * Reads files and directories, those with everything below them, in the order of their names. In a directory, files of
 * other kinds and names that begin with a dot are passed over: editors and Kubernetes volumes keep copies there. Each time it is
 * called, a file that the file system says is unchanged is not read again.
 */
export function createReadFiles(paths: readonly string[]): () => Promise<RouteFiles> {
  let known: ReadonlyMap<string, FileRecord> = new Map();
  return async () => {
    const reading: FileScan = { files: new Map(), stamped: new Map(), visited: new Map(), known };
    const bare: string[] = [];
    for (const path of paths) {
      const isAny = await visit(path, reading, true);
      const own = reading.files.get(path);
      if (!isAny || (own !== undefined && isBlank(own))) bare.push(path);
    }
    known = reading.stamped;
    return { files: [...reading.files.values()], bare };
  };
}

/** A file, and what the file system said of it before it was read. */
interface FileRecord {
  readonly stamp: string;
  readonly file: RouteFile;
}

interface FileScan {
  readonly files: Map<string, RouteFile>;
  readonly stamped: Map<string, FileRecord>;
  /** Directories, and whether they lead to a file of routes. */
  readonly visited: Map<string, boolean>;
  readonly known: ReadonlyMap<string, FileRecord>;
}

/**
 * Milliseconds after a change within which another one may leave a file's times as they are: clocks of file systems are coarse,
 * some to two seconds.
 */
const raceMs = 3000n;

/** Whether there is a file of routes, or a fault in its place. */
async function visit(path: string, reading: FileScan, named: boolean): Promise<boolean> {
  const { files, visited } = reading;
  if (files.has(path)) return true;
  try {
    const found = await stat(path, { bigint: true });
    if (found.isDirectory()) {
      // A link may lead back up.
      const real = await realpath(path);
      const before = visited.get(real);
      if (before !== undefined) return before;
      visited.set(real, false);
      let isAny = false;
      for (const name of (await readdir(path)).sort())
        if (!name.startsWith('.')) isAny = (await visit(join(path, name), reading, false)) || isAny;
      visited.set(real, isAny);
      return isAny;
    }
    if (isRouteFile(path)) {
      const { dev, ino, size, mtimeNs, ctimeNs, ctimeMs } = found;
      const stamp = [dev, ino, size, mtimeNs, ctimeNs].join(':');
      const before = reading.known.get(path);
      const isSettled = BigInt(Date.now()) - ctimeMs > raceMs;
      const file = before?.stamp === stamp ? before.file : { file: path, text: await readText(path) };
      files.set(path, file);
      if (isSettled) reading.stamped.set(path, { stamp, file });
      return true;
    }
    if (named) {
      const fault = `expected a file of routes: ${routeFileExtensions.join(', ')}`;
      files.set(path, { file: path, fault, isGone: false });
    }
    return named;
  } catch (error) {
    const { code, message: fault } = toFileError(error);
    files.set(path, {
      file: path,
      fault,
      isGone: code === 'ENOENT' || code === 'ENOTDIR',
    });
    return true;
  }
}

/** White space, comments of YAML and TOML, and marks between documents are nothing. */
const isBlank = ({ text }: RouteFile): boolean =>
  text !== undefined && !/^[^\S\n]*(?!---[^\S\n]*$)[^\s#]/m.test(text);

const readText = async (path: string): Promise<string> =>
  (await readRegularFile(path, configurationLimit)).toString('utf8');
