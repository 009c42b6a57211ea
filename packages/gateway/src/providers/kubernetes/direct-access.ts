import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import { secretLimit } from '@grantgate/middleware/base/file-error';
import { readInstallSecret } from '../../secrets/install-secret.ts';
import type { AccessConfig, AccessSources, ApiConnection } from './api-access.ts';
import { AccessError, read } from './access-error.ts';
import type { FindAgent } from './agents.ts';
import { readNamed } from './credential-files.ts';

/** An API server that is accessed without a kubeconfig. */
export interface DirectAccess {
  readonly server: URL;
  /** File with the authorities for its certificate; default: those of Node.js. */
  readonly caFile: string | undefined;
  /** @throws AccessError */
  readonly readToken: () => string | undefined;
}

const accountFolder = 'var/run/secrets/kubernetes.io/serviceaccount';

/** The server of `endpoint`, or of the pod in which this process runs; undefined when a kubeconfig is needed. */
export function findDirect(
  config: AccessConfig,
  { env, root = '/' }: AccessSources,
): DirectAccess | undefined {
  const { endpoint, kubeconfig, context, token, certAuthFilePath } = config;
  const host = env['KUBERNETES_SERVICE_HOST'];
  const port = env['KUBERNETES_SERVICE_PORT'];
  const account =
    host !== undefined && port !== undefined && token === undefined ? join(root, accountFolder) : undefined;
  if (kubeconfig !== undefined) return undefined;
  if (endpoint !== undefined)
    return {
      server: new URL(endpoint),
      caFile: certAuthFilePath ?? (account === undefined ? undefined : join(account, 'ca.crt')),
      readToken: account === undefined ? () => resolveToken(config, env) : () => readAccountToken(account),
    };
  if (account === undefined || context !== undefined) return undefined;
  return {
    server: new URL(`https://${isIPv6(host ?? '') ? `[${host}]` : host}:${port}`),
    caFile: join(account, 'ca.crt'),
    readToken: () => readAccountToken(account),
  };
}

/** Reads the files each time, because both files of a service account rotate. */
export function prepareDirect(
  { server, caFile, readToken }: DirectAccess,
  findAgent: FindAgent,
): ApiConnection {
  const token = readToken();
  const ca =
    caFile === undefined || server.protocol === 'http:'
      ? undefined
      : read('the file of authorities', () => readNamed(caFile, secretLimit));
  return {
    server,
    options: {
      agent: findAgent(server, { ...(ca !== undefined && { ca }) }),
      headers: { ...(token !== undefined && { Authorization: `Bearer ${token}` }) },
    },
  };
}

const readAccountToken = (account: string): string =>
  read('the service account', () => readNamed(join(account, 'token'), secretLimit).trim());

function resolveToken({ token }: AccessConfig, env: AccessSources['env']): string | undefined {
  if (token === undefined) return undefined;
  const secret = readInstallSecret(token.reveal(), env);
  if ('fault' in secret) throw new AccessError(`the token cannot be read: ${secret.fault}`);
  return secret.text;
}
