import { realpath } from 'node:fs/promises';
import { isAbsolute, relative, sep } from 'node:path';
import type { ClientAuth } from 'oauth4webapi';
import { secretLimit, toFileError } from '../../base/file-error.ts';
import { readRegularFile } from '../../base/read-regular-file.ts';
import { LocalFault } from '../failure.ts';
import { setAssertion } from './assertion.ts';

const compactJws = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/**
 * `assertion_file`: a JWT that another program refreshes in a file, such as a projected service-account token of Kubernetes
 * or a JWT-SVID of SPIFFE. The file is read for each token request, so changes take effect without a reload.
 * @param within the file must be at or below one of these paths after symbolic links are resolved; undefined: no restriction.
 */
export function createAssertionFile(path = '', within?: readonly string[]): ClientAuth {
  return async (_server, client, body) => {
    setAssertion(body, client.client_id, await readAssertion(path, within));
  };
}

async function readAssertion(path: string, within: readonly string[] | undefined): Promise<string> {
  const text = (await readFile(path, within)).trim();
  if (!compactJws.test(text)) throw new LocalFault('the assertion file does not contain a JWT');
  return text;
}

async function readFile(path: string, within: readonly string[] | undefined): Promise<string> {
  try {
    const target = within === undefined ? path : await realpath(path);
    if (within !== undefined && !(await isWithin(target, within)))
      throw new LocalFault('a symbolic link of the assertion file leads outside the allowed paths');
    return (await readRegularFile(target, secretLimit)).toString('utf8');
  } catch (error) {
    if (error instanceof LocalFault) throw error;
    throw new LocalFault(`the assertion file ${toFileError(error).message}`);
  }
}

async function isWithin(target: string, folders: readonly string[]): Promise<boolean> {
  for (const folder of folders) {
    const below = relative(await realpath(folder), target);
    if (!isAbsolute(below) && below.split(sep)[0] !== '..') return true;
  }
  return false;
}
