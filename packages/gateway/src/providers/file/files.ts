import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { configurationLimit, toFileError } from '@grantgate/middleware/base/file-error';
import { readRegularFile } from '@grantgate/middleware/base/read-regular-file';

/** A file of routes, or the reason why it could not be read. */
export type RouteFile =
  | { readonly file: string; readonly text: string; readonly fault?: undefined }
  | {
      readonly file: string;
      readonly text?: undefined;
      readonly fault: string;
      /** True when the file does not exist, as opposed to being unreadable. */
      readonly isGone: boolean;
    };

/** File extension with the dot, in lower case. */
export const routeFileExtensions: readonly string[] = Object.freeze(['.yaml', '.yml', '.toml', '.json']);

/** Whether a file of that name is read as a file of routes. */
export const isRouteFile = (path: string): boolean =>
  routeFileExtensions.includes(extname(path).toLowerCase());

/** Files found below some paths. */
export interface RouteFiles {
  readonly files: readonly RouteFile[];
  /** Paths without a file of routes, or with empty ones only. */
  readonly bare: readonly string[];
}

/**
 * Reads files and directories, including everything below these, sorted by name. In a directory, files of
 * other kinds and names that begin with a dot are skipped, because editors and Kubernetes volumes keep copies there. Later calls
 * do not read a file again if the file system reports it as unchanged.
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

/** A file, with its state in the file system before it was read. */
interface FileRecord {
  readonly stamp: string;
  readonly file: RouteFile;
}

interface FileScan {
  readonly files: Map<string, RouteFile>;
  readonly stamped: Map<string, FileRecord>;
  /** Directories, with whether they contain a file of routes. */
  readonly visited: Map<string, boolean>;
  readonly known: ReadonlyMap<string, FileRecord>;
}

/**
 * Milliseconds after a change during which another one may leave a file's times unchanged: clocks of file systems are coarse,
 * some as coarse as two seconds.
 */
const raceMs = 3000n;

/** Whether there is a file of routes, or a fault instead of one. */
async function visit(path: string, reading: FileScan, named: boolean): Promise<boolean> {
  const { files, visited } = reading;
  if (files.has(path)) return true;
  try {
    const found = await stat(path, { bigint: true });
    if (found.isDirectory()) {
      // A link may point to a parent directory.
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

/** White space, comments of YAML and TOML, and document separators count as empty. */
const isBlank = ({ text }: RouteFile): boolean =>
  text !== undefined && !/^[^\S\n]*(?!---[^\S\n]*$)[^\s#]/m.test(text);

const readText = async (path: string): Promise<string> =>
  (await readRegularFile(path, configurationLimit)).toString('utf8');
