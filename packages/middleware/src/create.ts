import type { Clock } from './base/clock.ts';
import { systemClock } from './base/clock.ts';
import type { TokenCache } from './cache/token-cache.ts';
import { createTokenCache } from './cache/token-cache.ts';
import type { Stores } from './cache/stores.ts';
import { createStores } from './cache/stores.ts';
import type { Decide } from './decision/decide.ts';
import { createApplicationDecide, createGatewayDecide } from './decision/decide.ts';
import { compilePolicy } from './decision/policy.ts';
import { OptionsError } from './errors.ts';
import type { ClientCredentialsOptions } from './options/options.ts';
import type { ClientCredentialsInput } from './options/schema.ts';
import { parseClientCredentials } from './options/parse.ts';
import { createTokenEndpoint } from './token/create-endpoint.ts';
import { maxBackoffMs } from './token/retry.ts';

/** Decides on requests for one `oAuthClientCredentials` middleware. */
export interface Authenticator {
  /** A value when the answer is in memory, a promise when the authorization server has to be asked. Never rejects for what a caller or a server can do. */
  readonly decide: Decide;
  /** Drops the tokens that were obtained here and closes the connections to the authorization server. */
  close(): Promise<void>;
}

/** What authenticators may share. */
export interface AuthenticatorParts {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Default: a cache of its own. Authenticators that share one share the tokens that they would both ask for. */
  readonly cache?: TokenCache;
  /** Default: stores of its own, used by nobody else. */
  readonly stores?: Stores;
}

/**
 * Creates an authenticator from options as a user writes them (design: the names of Traefik Hub, any letter case).
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4
 */
export function createAuthenticator(
  input: ClientCredentialsInput,
  parts: AuthenticatorParts = {},
): Authenticator {
  const { options, problems } = parseClientCredentials(input);
  if (options === undefined) throw new OptionsError(problems);
  return createParsedAuthenticator(options, parts);
}

/** Creates an authenticator from options that `parseClientCredentials` has parsed already. */
export function createParsedAuthenticator(
  options: ClientCredentialsOptions,
  parts: AuthenticatorParts = {},
): Authenticator {
  const clock = parts.clock ?? systemClock;
  const { tls, timeoutSeconds, maxRetries } = options.clientConfig;
  const endpoint = createTokenEndpoint(
    {
      url: options.url,
      audience: options.audience,
      tls,
      timeoutMs: timeoutSeconds * 1000,
      maxRetries,
    },
    { clock },
  );
  const cache = parts.cache ?? createTokenCache({ clock });
  // Everything that changes which token comes back, or from whom it is accepted.
  const profile = [
    options.url,
    options.audience === undefined ? 'no audience' : `audience ${options.audience}`,
    tls.ca ?? '',
    tls.cert ?? '',
    tls.insecureSkipVerify ? 'any server' : 'verified server',
  ];
  // Callers wait for a minute, or for as long as the configured attempts may take.
  const waitMs = Math.max(60_000, timeoutSeconds * 1000 * (maxRetries + 1) + maxRetries * maxBackoffMs);
  const held = options.store && (parts.stores ?? createStores({ clock })).acquire(options.store);
  const source = cache.source({ endpoint, profile, waitMs, shared: held?.shared });
  const policy = compilePolicy(options);
  const { clientID, clientSecret } = options;
  const decide =
    clientID === undefined || clientSecret === undefined
      ? createApplicationDecide(policy, source)
      : createGatewayDecide(policy, source, Object.freeze({ clientId: clientID, clientSecret }));
  return Object.freeze({
    decide,
    async close(): Promise<void> {
      source.purge();
      await endpoint.close();
      await held?.release();
    },
  });
}
