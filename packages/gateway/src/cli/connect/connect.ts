import { fingerprint } from '@grantgate/middleware/base/fingerprint';
import type { ClientCredentialsOptions } from '@grantgate/middleware/options/schema';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import type { Problem } from '../../config/place.ts';
import { asWritten } from '../../config/as-written.ts';
import { oAuthClientCredentials } from '../../middlewares/oauth-client-credentials/kind.ts';
import type { Configuration } from '../configuration.ts';
import { tryStore } from './try-store.ts';
import { tryTokenEndpoint, withoutQuery } from './try-token-endpoint.ts';
import type { ConnectionResult } from './connection-result.ts';

/** A store, a token endpoint or an issuer, with the result of connecting to it. */
export interface ConnectionCheck extends ConnectionResult {
  readonly kind: 'store' | 'token endpoint' | 'issuer';
  /** `127.0.0.1:6379`, or a URL without its query. */
  readonly target: string;
  /** All middlewares that use it. */
  readonly middlewares: readonly string[];
  /** Problem at the option of the first middleware that uses it; undefined when the connection succeeds. */
  readonly problem: Problem | undefined;
}

interface ConnectionTarget {
  readonly kind: ConnectionCheck['kind'];
  readonly target: string;
  readonly middlewares: string[];
  readonly first: MiddlewareConfig;
  readonly option: readonly string[];
  readonly attempt: () => Promise<ConnectionResult>;
}

/** Maximum number of concurrent attempts. */
const concurrency = 8;

/** Connects to every store, token endpoint and issuer of the valid middlewares, to each once even if several share it. */
export async function tryConnections({ routes, prepared }: Configuration): Promise<ConnectionCheck[]> {
  const targets = new Map<string, ConnectionTarget>();
  for (const one of prepared.steps.values()) {
    const { name } = one;
    const options = oAuthClientCredentials.optionsOf(one);
    const config = routes.middlewares.get(name);
    if (options === undefined || config === undefined || config.errors.length > 0) continue;
    for (const [key, target] of targetsOf(config, options)) {
      const known = targets.get(key);
      if (known === undefined) targets.set(key, target);
      else known.middlewares.push(name);
    }
  }
  const waiting = [...targets.values()].entries();
  const connections: ConnectionCheck[] = [];
  const work = async (): Promise<void> => {
    for (const [index, target] of waiting) connections[index] = toConnection(target, await target.attempt());
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  return connections;
}

function* targetsOf(
  first: MiddlewareConfig,
  options: ClientCredentialsOptions,
): Generator<readonly [string, ConnectionTarget]> {
  const { store, url, issuer, clientID, clientConfig } = options;
  yield [
    // At application level, only the connection is tried.
    fingerprint(clientID === undefined ? { url, issuer, clientConfig } : tokenOptionsOf(options)),
    {
      ...(url === undefined
        ? { kind: 'issuer', target: issuer ?? '', option: ['issuer'] }
        : { kind: 'token endpoint', target: withoutQuery(url), option: ['url'] }),
      middlewares: [first.name],
      first,
      attempt: () => tryTokenEndpoint(options),
    },
  ];
  if (store === undefined) return;
  const { keyPrefix, redis } = store;
  yield [
    fingerprint({ keyPrefix, redis }),
    {
      kind: 'store',
      target: redis.endpoints
        .map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`)
        .join(', '),
      middlewares: [first.name],
      first,
      option: ['store', 'redis', 'endpoints'],
      attempt: () => tryStore({ keyPrefix, redis }),
    },
  ];
}

/** All options that determine the token request. */
function tokenOptionsOf(options: ClientCredentialsOptions): object {
  const judging = new Set(['store', 'claims', 'forwardHeaders', 'forwardHeadersFormat', 'usernameClaim']);
  return Object.fromEntries(Object.entries(options).filter(([name]) => !judging.has(name)));
}

function toConnection(
  { kind, target, middlewares, first, option }: ConnectionTarget,
  outcome: ConnectionResult,
): ConnectionCheck {
  const { fault, detail } = outcome;
  const others = middlewares.length - 1;
  const also = others === 0 ? '' : ` (also for ${others} other middleware${others === 1 ? '' : 's'})`;
  const message = kind === 'store' ? `the store is unavailable: ${detail}` : detail;
  const problem = fault && {
    ...fault,
    place: first.placeOf(asWritten(first.options, option)),
    path: `${first.name}.${option.join('.')}`,
    message: `${message}${also}`,
  };
  return { kind, target, middlewares, fault, detail, problem };
}
