import { realpathSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { KubernetesProviderConfig } from '../../config/install.ts';
import { FileError } from '@grantgate/middleware/base/file-error';
import { resolveReferences } from '../../secrets/resolve.ts';
import { readSecretFile } from '../../secrets/secret-file.ts';
import {
  checkCredentialFiles,
  checkDefaultKubeconfigs,
  checkServiceAccount,
  loadKubeconfig,
} from './credential-files.ts';

/** Where the API server is, and how a request to it is made. */
export interface Prepared {
  readonly server: URL;
  /** Headers with the credentials, and the agent that knows whom to trust. */
  readonly options: RequestOptions;
}

/** The way to one API server. */
export interface ApiAccess {
  /**
   * Reads what a request needs: tokens on disk rotate, and those of exec plugins expire.
   *
   * @throws AccessError
   */
  prepare(): Promise<Prepared>;
  /** Has everything read again by the next request: what there is was refused. */
  renew(): void;
}

/** The kubeconfig, the service account or the credentials that they name cannot be had. The message holds none of them. */
export class AccessError extends Error {
  override readonly name = 'AccessError';
}

export type AccessConfig = Pick<
  KubernetesProviderConfig,
  'endpoint' | 'token' | 'certAuthFilePath' | 'kubeconfig' | 'context'
>;

export interface AccessSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that `/var/run/secrets/...` is in; default the root. */
  readonly root?: string;
}

/**
 * The API server that a configuration means: `endpoint`; `kubeconfig`; that of the pod which this runs in; `KUBECONFIG`;
 * `~/.kube/config`. Nothing is read before the first request.
 */
export function createAccess(config: AccessConfig, sources: AccessSources): ApiAccess {
  let loading: Promise<KubeConfig> | undefined;
  return {
    async prepare() {
      loading ??= load(config, sources);
      const loaded = loading;
      try {
        return await prepare(await loaded);
      } catch (error) {
        // What cannot be read now may be there the next time.
        if (loading === loaded) loading = undefined;
        throw error;
      }
    },
    renew: () => void (loading = undefined),
  };
}

async function prepare(kubeConfig: KubeConfig): Promise<Prepared> {
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
  // Editors and `echo` end a file of a token with a newline that is no part of it.
  if (headers['Authorization'] !== undefined) headers['Authorization'] = headers['Authorization'].trim();
  return { server: new URL(cluster.server), options };
}

async function load(config: AccessConfig, { env, root = '' }: AccessSources): Promise<KubeConfig> {
  const { endpoint, kubeconfig, context } = config;
  // Large, and of no use to those who have no cluster.
  const client = await import('@kubernetes/client-node');
  const loaded = new client.KubeConfig();
  const inCluster =
    env['KUBERNETES_SERVICE_HOST'] !== undefined && env['KUBERNETES_SERVICE_PORT'] !== undefined;
  const read = (what: string, from: () => void): void => {
    try {
      from();
    } catch (error) {
      throw toAccessError(what, error);
    }
  };
  if (kubeconfig !== undefined) read('the kubeconfig', () => loadKubeconfig(loaded, kubeconfig));
  else if (endpoint !== undefined && !(inCluster && config.token === undefined))
    loaded.loadFromClusterAndUser(toCluster(endpoint, config), { name: 'token', ...toToken(config, env) });
  else if (inCluster && context === undefined) {
    read('the service account', () => {
      checkServiceAccount(root);
      loaded.loadFromCluster(root);
    });
    if (endpoint !== undefined) loaded.clusters = [{ ...loaded.clusters[0], ...toCluster(endpoint, config) }];
  } else {
    read('the kubeconfig', () => {
      checkDefaultKubeconfigs(env);
      loaded.loadFromDefault();
    });
    if (loaded.getCurrentCluster()?.server === 'http://localhost:8080')
      throw new AccessError('there is no kubeconfig, and this is no pod with a service account');
  }
  if (context !== undefined) {
    if (loaded.getContextObject(context) === null)
      throw new AccessError(`the kubeconfig has no context ${context}`);
    loaded.setCurrentContext(context);
  }
  return loaded;
}

/** The library takes plain HTTP only from those who say that they want no TLS; the URL says so. */
const toCluster = (server: string, { certAuthFilePath }: AccessConfig) => ({
  name: 'endpoint',
  server,
  skipTLSVerify: server.startsWith('http:'),
  ...(certAuthFilePath !== undefined && { caFile: certAuthFilePath }),
});

function toToken({ token }: AccessConfig, env: AccessSources['env']): { readonly token?: string } {
  if (token === undefined) return {};
  const { value, problems } = resolveReferences(token.reveal(), {
    env,
    secrets: new Map(),
    namespace: undefined,
    readFile: readSecretFile,
    realPath: realpathSync,
  });
  const fault = problems.find(({ severity }) => severity === 'error');
  if (fault !== undefined) throw new AccessError(`the token cannot be read: ${fault.message}`);
  return { token: String(value) };
}

/** A file says which it is, and what is wrong with it. */
function toAccessError(what: string, error: unknown): AccessError {
  const reason = error instanceof FileError ? `: ${error.message}` : ` (${reasonOf(error)})`;
  return new AccessError(`${what} cannot be used${reason}`, { cause: error });
}

/** Messages of parsers quote the file, and those of plugins whatever they like. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown error';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
