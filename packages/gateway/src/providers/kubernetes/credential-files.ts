import { delimiter, dirname, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';
import type { SizeLimit } from '@grantgate/middleware/base/file-error';
import { configurationLimit, FileError, secretLimit } from '@grantgate/middleware/base/file-error';
import { readRegularFileSync } from '@grantgate/middleware/base/read-regular-file';

type Env = Readonly<Record<string, string | undefined>>;

// The library reads files without checking their type. Files that it selects are read here first.

/**
 * Loads a kubeconfig; the paths in it are relative to its folder.
 *
 * @throws FileError that names the file
 */
export function loadKubeconfig(into: KubeConfig, file: string): void {
  into.loadFromString(readKubeconfig(file));
  into.makePathsAbsolute(dirname(file));
}

/**
 * Checks that the kubeconfigs which the library selects are regular files: those of `KUBECONFIG`, otherwise the one in the
 * home directory. False when there are none.
 *
 * @throws FileError that names the file
 */
export function checkDefaultKubeconfigs({ KUBECONFIG = '', HOME }: Env): boolean {
  const listed = KUBECONFIG.split(delimiter).filter((file) => file !== '');
  for (const file of listed) readKubeconfig(file);
  if (listed.length > 0) return true;
  return HOME !== undefined && ifThere(() => readKubeconfig(join(HOME, '.kube', 'config')));
}

/**
 * The same check for the certificates, the key and the token of the current context, which the library reads again per request.
 *
 * @throws FileError that names the file
 */
export function checkCredentialFiles(kubeConfig: KubeConfig): void {
  const cluster = kubeConfig.getCurrentCluster();
  const user = kubeConfig.getCurrentUser();
  const provider = user?.authProvider as { readonly config?: { readonly tokenFile?: unknown } } | undefined;
  for (const file of [cluster?.caFile, user?.certFile, user?.keyFile, provider?.config?.tokenFile])
    if (typeof file === 'string' && file !== '') readNamed(file, secretLimit);
}

function readKubeconfig(file: string): string {
  const text = readNamed(file, configurationLimit);
  // The library reads these for every user while it loads the text.
  if (text.includes('token-file'))
    for (const tokenFile of findTokenFiles(text)) readNamed(tokenFile, secretLimit);
  return text;
}

function findTokenFiles(text: string): readonly string[] {
  interface UserEntry {
    readonly user?: { readonly 'token-file'?: unknown } | null;
  }
  const users = (parse(text) as { readonly users?: unknown } | null)?.users;
  const files = Array.isArray(users) ? (users as UserEntry[]).map((entry) => entry.user?.['token-file']) : [];
  return files.filter((file) => typeof file === 'string');
}

/**
 * The text of a file.
 *
 * @throws FileError that names the file
 */
export function readNamed(file: string, limit: SizeLimit): string {
  try {
    return readRegularFileSync(file, limit).toString('utf8');
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    throw new FileError(error.code, `${file} ${error.message}`, { cause: error });
  }
}

function ifThere(readIt: () => void): boolean {
  try {
    readIt();
    return true;
  } catch (error) {
    if (!(error instanceof FileError && error.code === 'ENOENT')) throw error;
    return false;
  }
}
