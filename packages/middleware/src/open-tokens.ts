import type { Clock } from './base/clock.ts';
import { fingerprint } from './base/fingerprint.ts';
import { Secret } from './base/secret.ts';
import { createRenewal, type Renewal } from './cache/renewal.ts';
import type { RenewalEvent } from './cache/renewal-event.ts';
import type { Stores } from './cache/stores.ts';
import { createStores } from './cache/stores.ts';
import type { CachedTokens, TokenCache } from './cache/token-cache.ts';
import { createTokenCache } from './cache/token-cache.ts';
import type { TokenTally } from './cache/token-tally.ts';
import type { ClientCredentialsOptions } from './options/options.ts';
import { createTokenEndpoint } from './token/create-endpoint.ts';
import type { Credential } from './token/credential.ts';
import type { TokenEndpointOptions } from './token/endpoint.ts';
import type { EndpointStates } from './token/endpoint-state.ts';
import { maxBackoffMs } from './token/retry.ts';

/** The options that say where tokens come from; the rest of `oAuthClientCredentials` judges them. */
export type TokenOptions = Pick<
  ClientCredentialsOptions,
  | 'url'
  | 'clientAuthentication'
  | 'audience'
  | 'scopes'
  | 'resource'
  | 'endpointParams'
  | 'tokenLifetimeMs'
  | 'acceptedTokenTypes'
  | 'clientConfig'
  | 'store'
>;

/** Tokens of one endpoint, with what they need. */
export interface OpenTokens {
  readonly source: CachedTokens;
  /** Replaces the tokens of one credential that resources refuse. */
  renewalOf(credential: Credential): Renewal;
  /** Drops the tokens that were obtained here and closes the connections to the authorization server and the store. */
  close(): Promise<void>;
}

/** Composes token endpoint, cache and store. Parts that are not given are its own. */
export function openTokens(
  options: TokenOptions,
  parts: {
    readonly clock: Clock;
    readonly cache?: TokenCache;
    readonly stores?: Stores;
    readonly endpoints?: EndpointStates;
    readonly tally?: TokenTally | undefined;
    readonly onRenewal?: ((event: RenewalEvent) => void) | undefined;
  },
): OpenTokens {
  const { clock } = parts;
  const { timeoutSeconds, maxRetries } = options.clientConfig;
  const endpointOptions = toEndpointOptions(options);
  const use = parts.endpoints?.acquire(endpointOptions);
  const endpoint = createTokenEndpoint(endpointOptions, { clock, state: use?.state });
  const cache = parts.cache ?? createTokenCache({ clock });
  const profile = [options.url, profileOf(options)];
  // Callers wait for a minute, or for as long as the configured attempts may take.
  const waitMs = Math.max(60_000, timeoutSeconds * 1000 * (maxRetries + 1) + maxRetries * maxBackoffMs);
  const lockWaitMs = timeoutSeconds * 1000;
  const held = options.store && (parts.stores ?? createStores({ clock })).acquire(options.store);
  const shared = held === undefined ? parts.stores?.local : held.shared;
  const source = cache.source({
    endpoint,
    profile,
    waitMs,
    lockWaitMs,
    shared,
    tally: parts.tally,
    onRenewal: parts.onRenewal,
  });
  return Object.freeze({
    source,
    renewalOf: (credential: Credential) => createRenewal(source, credential, clock),
    async close(): Promise<void> {
      source.release();
      await endpoint.close();
      await use?.release();
      await held?.release();
    },
  });
}

/** Everything that changes which token comes back, from whom it is accepted, or who may have it. */
function profileOf(options: TokenOptions): string {
  const { audience, scopes, resource, endpointParams, clientAuthentication } = options;
  const { tokenLifetimeMs, acceptedTokenTypes, clientConfig } = options;
  const { tls, assertion, headers, proxy } = clientConfig;
  return fingerprint([
    { audience, scopes, resource, endpointParams, headers },
    { clientAuthentication, assertion, tls, proxy, tokenLifetimeMs, acceptedTokenTypes },
  ]);
}

/** The client of gateway level; undefined at application level. */
export function toCredential({
  clientID,
  clientSecret = noSecret,
}: Pick<ClientCredentialsOptions, 'clientID' | 'clientSecret'>): Credential | undefined {
  return clientID === undefined ? undefined : Object.freeze({ clientId: clientID, clientSecret });
}

const noSecret = new Secret('');

/** How the options say that tokens are requested. */
export function toEndpointOptions({
  url,
  audience,
  scopes,
  resource,
  endpointParams,
  clientAuthentication,
  tokenLifetimeMs,
  acceptedTokenTypes,
  clientConfig,
}: Omit<TokenOptions, 'store'>): TokenEndpointOptions {
  const { tls, timeoutSeconds, maxRetries, maxConcurrent, assertion, headers, proxy } = clientConfig;
  return Object.freeze({
    url,
    audience,
    scopes,
    resource,
    endpointParams,
    headers,
    proxy,
    clientAuthentication,
    assertion: Object.freeze({ ...plainAssertion, ...assertion, audience: assertion?.audience ?? url }),
    rules: Object.freeze({ acceptedTokenTypes: new Set(acceptedTokenTypes), tokenLifetimeMs }),
    tls,
    timeoutMs: timeoutSeconds * 1000,
    maxRetries,
    maxConcurrent,
  });
}

const plainAssertion = Object.freeze({
  key: undefined,
  certificate: undefined,
  keyID: undefined,
  algorithm: undefined,
  lifetimeSeconds: 60,
  file: undefined,
});
