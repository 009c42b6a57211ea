import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import type { IntrospectionOptions } from '@grantgate/middleware/introspection/schema';
import type { JwtOptions } from '@grantgate/middleware/jwt/schema';
import type { StoreOptions } from '@grantgate/middleware/cache/stores';
import type { ClientCredentialsOptions } from '@grantgate/middleware/options/schema';
import { jwt } from '../../middlewares/jwt/kind.ts';
import type { MiddlewareKind } from '../../middlewares/kind.ts';
import { oAuthClientCredentials } from '../../middlewares/oauth-client-credentials/kind.ts';
import { oAuthIntrospection } from '../../middlewares/oauth-introspection/kind.ts';
import type { ConnectionResult } from './connection-result.ts';
import { tryIntrospection } from './try-introspection.ts';
import { tryKeys, type KeysTarget } from './try-keys.ts';
import { tryStore } from './try-store.ts';
import { tryTokenEndpoint, withoutQuery } from './try-token-endpoint.ts';

/** A server that the options of a middleware name. */
export interface ConnectionTarget {
  /** Equal for middlewares that use the server in the same way. */
  readonly key: string;
  readonly kind: 'store' | 'token endpoint' | 'issuer' | 'keys' | 'introspection endpoint';
  /** `127.0.0.1:6379`, or a URL without its query. */
  readonly target: string;
  /** Option that names it. */
  readonly option: readonly string[];
  readonly attempt: () => Promise<ConnectionResult>;
}

interface PreparedOptions {
  readonly kind: MiddlewareKind;
  readonly options: object | undefined;
}

/** Servers of a middleware; none when its options are invalid. */
export function targetsOf(one: PreparedOptions): readonly ConnectionTarget[] {
  const own = oAuthClientCredentials.optionsOf(one);
  if (own !== undefined) return clientCredentialsTargets(own);
  const ofCallers = jwt.optionsOf(one);
  if (ofCallers !== undefined) return [...toKeysTargets(ofCallers), ...toStoreTargets(ofCallers.store)];
  const opaque = oAuthIntrospection.optionsOf(one);
  return opaque === undefined ? [] : introspectionTargets(opaque);
}

function clientCredentialsTargets(options: ClientCredentialsOptions): readonly ConnectionTarget[] {
  const { store, url, issuer, clientID, clientConfig, verify } = options;
  const server =
    url === undefined
      ? ({ kind: 'issuer', target: issuer ?? '', option: ['issuer'] } as const)
      : ({ kind: 'token endpoint', target: withoutQuery(url), option: ['url'] } as const);
  return [
    {
      ...server,
      // At application level, only the connection is tried.
      key: fingerprint(clientID === undefined ? { url, issuer, clientConfig } : tokenOptionsOf(options)),
      attempt: () => tryTokenEndpoint(options),
    },
    ...toVerifyTargets(verify, clientConfig),
    ...toStoreTargets(store),
  ];
}

function introspectionTargets(options: IntrospectionOptions): readonly ConnectionTarget[] {
  const { url, clientConfig, clientID, clientSecret, clientAuthentication, verify, store } = options;
  return [
    {
      kind: 'introspection endpoint',
      target: withoutQuery(url),
      option: ['clientConfig', 'url'],
      key: fingerprint({
        introspects: url,
        clientConfig,
        clientID,
        clientSecret,
        clientAuthentication,
        verify,
      }),
      attempt: () => tryIntrospection(options),
    },
    ...toVerifyTargets(verify, { ...clientConfig, headers: {} }),
    ...toStoreTargets(store),
  ];
}

function toVerifyTargets(
  verify: Omit<NonNullable<ClientCredentialsOptions['verify']>, 'type'> | undefined,
  clientConfig: KeysTarget['clientConfig'],
): readonly ConnectionTarget[] {
  if (verify === undefined) return [];
  const { jwksUrl, issuer = '', issuers, algorithms } = verify;
  const keys: KeysTarget['keys'] =
    jwksUrl === undefined ? { kind: 'issuer', issuer } : { kind: 'url', url: jwksUrl };
  return toKeysTargets({ keys, issuers, algorithms, clientConfig }, ['verify']);
}

/** Keys in the configuration itself need no connection. */
function toKeysTargets(
  { keys, issuers, algorithms, clientConfig }: Pick<JwtOptions, keyof KeysTarget>,
  path: readonly string[] = [],
): readonly ConnectionTarget[] {
  const options = { keys, issuers, algorithms, clientConfig };
  const toTarget = (target: string, option: string): readonly ConnectionTarget[] => [
    {
      kind: 'keys',
      target,
      option: [...path, option],
      key: fingerprint({ keysOf: keys, issuers, clientConfig }),
      attempt: () => tryKeys(options),
    },
  ];
  switch (keys.kind) {
    case 'url':
      return toTarget(withoutQuery(keys.url), 'jwksUrl');
    case 'path':
      return toTarget(keys.path, 'jwksUrl');
    case 'issuer':
      return toTarget(keys.issuer, 'issuer');
    case 'secret':
    case 'publicKey':
    case 'keySet':
      return [];
  }
}

function toStoreTargets(store: StoreOptions | undefined): readonly ConnectionTarget[] {
  if (store === undefined) return [];
  const { keyPrefix, redis } = store;
  return [
    {
      kind: 'store',
      target: redis.endpoints
        .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
        .join(', '),
      option: ['store', 'redis', 'endpoints'],
      key: fingerprint({ keyPrefix, redis }),
      attempt: () => tryStore({ keyPrefix, redis }),
    },
  ];
}

/** All options that determine the token request. */
function tokenOptionsOf(options: ClientCredentialsOptions): object {
  const judging = new Set(['store', 'claims', 'forwardHeaders', 'forwardHeadersFormat', 'usernameClaim']);
  return Object.fromEntries(Object.entries(options).filter(([name]) => !judging.has(name)));
}
