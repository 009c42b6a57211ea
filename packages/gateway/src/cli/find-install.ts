import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { configurationLimit } from '@grantgate/middleware/base/file-error';
import { isInstallDocument } from '../config/file-kind.ts';
import { parseDocuments } from '../config/parse-documents.ts';
import type { Io } from './io.ts';
import { readInput } from './read-input.ts';

export interface NamedFiles {
  readonly paths: readonly string[];
  /** Of the install configuration. */
  readonly configFile: string | undefined;
}

/** If the only path is an install configuration, it is used as `--config`. */
export async function findInstall(paths: readonly string[], io: Io): Promise<NamedFiles> {
  const [path, ...others] = paths;
  const files = { paths, configFile: undefined };
  if (path === undefined || path === '' || path === '-' || others.length > 0) return files;
  const isFile = await stat(resolve(io.cwd, path)).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) return files;
  const { documents } = parseDocuments(await readInput(path, io, configurationLimit), path);
  return documents.length > 0 && documents.every(({ value }) => isInstallDocument(value))
    ? { paths: [], configFile: path }
    : files;
}
