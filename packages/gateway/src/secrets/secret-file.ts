import { secretLimit } from '@grantgate/middleware/base/file-error';
import { readRegularFileSync } from '@grantgate/middleware/base/read-regular-file';

/**
 * Reads the text of a file that contains a secret.
 *
 * @throws FileError
 */
export const readSecretFile = (path: string): string =>
  readRegularFileSync(path, secretLimit).toString('utf8');
