import type { Clock } from './base/clock.ts';
import { fingerprint } from './base/fingerprint.ts';
import { Secret } from './base/secret.ts';
import type { Tracing } from './base/tracing.ts';
import { createRenewal, type Renewal } from './cache/renewal.ts';
import type { RenewalEvent } from './cache/renewal-event.ts';
import { type Stores, createStores } from './cache/stores.ts';
import { type CachedTokens, type TokenCache, createTokenCache } from './cache/token-cache.ts';
import type { TokenTally } from './cache/token-tally.ts';
import type { ClientCredentialsOptions } from './options/schema.ts';
import { createTokenEndpoint } from './token/create-endpoint.ts';
import type { Credential } from './token/credential.ts';
import { createDiscoveredEndpoint, deferDiscovery } from './token/discovery/discovered-endpoint.ts';
import type { Discoveries } from './token/discovery/discoveries.ts';
import type { DiscoveryEvent } from './token/discovery/discovery-event.ts';
import type { DiscoveryOptions } from './token/discovery/discovery.ts';
import type { ServerMetadata } from './token/discovery/metadata.ts';
import type { TokenEndpoint, TokenEndpointOptions } from './token/endpoint.ts';
import { toServerEndpoint } from './token/server-endpoint.ts';
import type { EndpointStates } from './token/endpoint-state.ts';
import { waitLimitMs } from './token/retry.ts';

/** The options that determine where tokens come from; the rest of `oAuthClientCredentials` evaluates them. */
export type TokenOptions = Pick<
  ClientCredentialsOptions,
  | 'url'
  | 'issuer'
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

/** Tokens of one endpoint, with their dependencies. */
export interface OpenTokens {
  readonly source: CachedTokens;
  /** Replaces tokens of one credential that resources refuse. */
  renewalOf(credential: Credential): Renewal;
  /** Drops the tokens that were obtained here and closes the connections to the authorization server and the store. */
  close(): Promise<void>;
}

interface EndpointParts {
  readonly clock: Clock;
  readonly endpoints?: EndpointStates;
  readonly discoveries?: Discoveries;
  readonly onDiscovery?: ((event: DiscoveryEvent) => void) | undefined;
  readonly tally?: TokenTally | undefined;
  readonly tracing?: Tracing | undefined;
}

/** Composes token endpoint, cache and store. Missing parts are created. */
export function openTokens(
  options: TokenOptions,
  parts: EndpointParts & {
    readonly cache?: TokenCache;
    readonly stores?: Stores;
    readonly onRenewal?: ((event: RenewalEvent) => void) | undefined;
  },
): OpenTokens {
  const { clock } = parts;
  const { timeoutSeconds, maxRetries } = options.clientConfig;
  const endpoint = openEndpoint(options, parts);
  const cache = parts.cache ?? createTokenCache({ clock });
  // With an issuer, requests for its metadata may precede it.
  const requests = options.issuer === undefined ? 1 : 3;
  const waitMs = waitLimitMs({ timeoutMs: timeoutSeconds * 1000, maxRetries }, requests);
  const lockWaitMs = timeoutSeconds * 1000;
  const held = options.store && (parts.stores ?? createStores({ clock })).acquire(options.store);
  const shared = held === undefined ? parts.stores?.local : held.shared;
  const source = cache.source({
    endpoint,
    profile: [...serverOf(options), profileOf(options)],
    waitMs,
    lockWaitMs,
    shared,
    tally: parts.tally,
    onRenewal: parts.onRenewal,
    tracing: parts.tracing,
  });
  return Object.freeze({
    source,
    renewalOf: (credential: Credential) => createRenewal(source, credential, clock),
    async close(): Promise<void> {
      source.release();
      await endpoint.close();
      await held?.release();
    },
  });
}

/** Opens the token endpoint: the given one, or the one that the issuer names once a token is needed. */
function openEndpoint(
  options: TokenOptions,
  { clock, endpoints, discoveries, onDiscovery, tally, tracing }: EndpointParts,
): TokenEndpoint {
  const open = (endpointOptions: TokenEndpointOptions): TokenEndpoint => {
    const use = endpoints?.acquire(endpointOptions, tally);
    const endpoint = createTokenEndpoint(endpointOptions, { clock, state: use?.state, tracing });
    let closing: Promise<void> | undefined;
    return {
      obtain: (credential) => endpoint.obtain(credential),
      close: () => (closing ??= endpoint.close().then(() => use?.release())),
    };
  };
  if (options.url !== undefined) return open(toEndpointOptions(options, { tokenEndpoint: options.url }));
  const discoveryOptions = toDiscoveryOptions(options);
  const use =
    discoveries?.acquire(discoveryOptions) ??
    deferDiscovery(discoveryOptions, { clock, onEvent: onDiscovery, tracing });
  return createDiscoveredEndpoint(use, (metadata) => open(toEndpointOptions(options, metadata)));
}

/**
 * The authorization server's part of a token's key. An issuer represents itself, not its token endpoint: tokens in the store
 * are found before, or without, the metadata of the issuer, and stay valid when the endpoint moves.
 */
function serverOf({ url, issuer }: Pick<TokenOptions, 'url' | 'issuer'>): readonly string[] {
  return url !== undefined ? [url] : ['issuer', issuer ?? ''];
}

/** Everything that determines the token, or access to it. */
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

/** Options for token requests at an endpoint. */
export function toEndpointOptions(
  {
    audience,
    scopes,
    resource,
    endpointParams,
    clientAuthentication,
    tokenLifetimeMs,
    acceptedTokenTypes,
    clientConfig,
  }: Omit<TokenOptions, 'store' | 'url' | 'issuer'>,
  { tokenEndpoint: url, firstMethod }: Pick<ServerMetadata, 'tokenEndpoint'> & Partial<ServerMetadata>,
): TokenEndpointOptions {
  return Object.freeze({
    ...toServerEndpoint(url, { clientAuthentication, clientConfig }),
    firstMethod,
    audience,
    scopes,
    resource,
    endpointParams,
    rules: Object.freeze({ acceptedTokenTypes: new Set(acceptedTokenTypes), tokenLifetimeMs }),
  });
}

/** Options for requests for the metadata of the issuer. @throws TypeError without an issuer. */
export function toDiscoveryOptions({
  issuer,
  clientConfig,
}: Pick<TokenOptions, 'issuer' | 'clientConfig'>): DiscoveryOptions {
  if (issuer === undefined) throw new TypeError('url and issuer were not validated');
  const { tls, proxy, headers, timeoutSeconds, maxRetries } = clientConfig;
  return Object.freeze({ issuer, tls, proxy, headers, timeoutMs: timeoutSeconds * 1000, maxRetries });
}
