import { secretLimit } from '../files/file-error.ts';
import { readRegularFileSync } from '../files/read-regular-file.ts';

/**
 * The text of a file that holds a secret.
 *
 * @throws FileError
 */
export const readSecretFile = (path: string): string =>
  readRegularFileSync(path, secretLimit).toString('utf8');
