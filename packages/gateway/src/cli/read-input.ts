import { resolve } from 'node:path';
import { FileError, type SizeLimit } from '@grantgate/middleware/base/file-error';
import { readRegularFile } from '@grantgate/middleware/base/read-regular-file';
import type { Io } from './io.ts';
import { UsageError } from './usage-error.ts';

/**
 * The text of a file, or of standard input for `-`, without a leading byte order mark, which some editors write.
 *
 * @throws UsageError
 */
export async function readInput(path: string, io: Io, limit: SizeLimit): Promise<string> {
  if (path === '') throw new UsageError('a path is empty: expected the path of a file');
  try {
    const bytes =
      path === '-' ? await io.readStdin(limit) : await readRegularFile(resolve(io.cwd, path), limit);
    return bytes.toString('utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new UsageError(`${path === '-' ? 'standard input' : path} ${error.message}`);
  }
}
