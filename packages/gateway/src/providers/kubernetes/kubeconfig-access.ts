import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { AccessConfig, AccessSources, ApiConnection } from './api-access.ts';
import { AccessError, read, toAccessError } from './access-error.ts';
import type { FindAgent } from './agents.ts';
import { checkCredentialFiles, checkDefaultKubeconfigs, loadKubeconfig } from './credential-files.ts';
import type * as library from '@kubernetes/client-node';

const noLibrary =
  'reading a kubeconfig requires the package @kubernetes/client-node: npm install @kubernetes/client-node';
const noKubeconfig = 'there is no kubeconfig, and no service account of a pod';

/** Reads the selected kubeconfig; returns a function that prepares a request. @throws AccessError */
export async function openKubeconfig(
  { kubeconfig, context }: AccessConfig,
  env: AccessSources['env'],
  findAgent: FindAgent,
): Promise<() => Promise<ApiConnection>> {
  const isThere = kubeconfig !== undefined || read('the kubeconfig', () => checkDefaultKubeconfigs(env));
  const library = await loadClientLibrary();
  if (library === undefined) throw new AccessError(isThere ? noLibrary : noKubeconfig);
  const loaded = new library.KubeConfig();
  if (kubeconfig !== undefined) read('the kubeconfig', () => loadKubeconfig(loaded, kubeconfig));
  else {
    read('the kubeconfig', () => loaded.loadFromDefault());
    if (loaded.getCurrentCluster()?.server === 'http://localhost:8080') throw new AccessError(noKubeconfig);
  }
  if (context !== undefined) {
    if (loaded.getContextObject(context) === null)
      throw new AccessError(`the kubeconfig has no context ${context}`);
    loaded.setCurrentContext(context);
  }
  return () => prepare(loaded, findAgent);
}

async function prepare(kubeConfig: KubeConfig, findAgent: FindAgent): Promise<ApiConnection> {
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) throw new AccessError('the kubeconfig has no cluster for its context');
  const options: RequestOptions = { headers: {} };
  try {
    checkCredentialFiles(kubeConfig);
    await kubeConfig.applyToHTTPSOptions(options);
  } catch (error) {
    throw toAccessError('the credentials of the kubeconfig', error);
  }
  const headers = options.headers as Record<string, string>;
  // Editors and `echo` end a token file with a newline that is not part of the token.
  if (headers['Authorization'] !== undefined) headers['Authorization'] = headers['Authorization'].trim();
  const server = new URL(cluster.server);
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  // The library creates an agent per request, which would open a connection each time; an agent for a proxy is kept.
  if (cluster.proxyUrl === undefined)
    options.agent = findAgent(server, {
      ...{ ca, cert, key, pfx, passphrase },
      ...(rejectUnauthorized !== undefined && { rejectUnauthorized }),
      ...(servername !== undefined && { servername }),
    });
  return { server, options };
}

/** Loads `@kubernetes/client-node`, which only a kubeconfig needs (57 MB); undefined when it is not installed. */
async function loadClientLibrary(): Promise<typeof library | undefined> {
  try {
    return await import('@kubernetes/client-node');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  }
}
