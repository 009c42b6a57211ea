import { type Clock, systemClock } from './base/clock.ts';
import type { Tracing } from './base/tracing.ts';
import type { TokenCache } from './cache/token-cache.ts';
import type { RenewalEvent } from './cache/renewal-event.ts';
import type { TokenTally } from './cache/token-tally.ts';
import { type Stores, createStores } from './cache/stores.ts';
import { type Decide, createApplicationDecide, createGatewayDecide } from './decision/decide.ts';
import { compilePolicy } from './decision/policy.ts';
import { createJudgeToken } from './decision/judge.ts';
import { createRenew, type Renew } from './decision/renew.ts';
import { openTokenVerification } from './open-verification.ts';
import { OptionsError } from './errors.ts';
import type { ClientCredentialsOptions, ClientCredentialsInput } from './options/schema.ts';
import { parseClientCredentials } from './options/parse.ts';
import { type DiscoveryListener, createDiscoveryListener } from './discovery-listener.ts';
import { createKeysListener, type KeysListener } from './keys-listener.ts';
import { openTokens, toCredential } from './open-tokens.ts';
import { type RenewalListener, createRenewalListener } from './renewal-listener.ts';
import type { Discoveries } from './token/discovery/discoveries.ts';
import type { EndpointStates } from './token/endpoint-state.ts';
import { type StoreListener, createStoreChannel } from './store-listener.ts';

export type { RenewalEvent } from './cache/renewal-event.ts';
export type { StoreEvent } from './cache/store-event.ts';
export type { DiscoveryEvent } from './token/discovery/discovery-event.ts';

/** Decides on requests for one `oAuthClientCredentials` middleware. */
export interface Authenticator {
  /**
   * A value when the token is in memory, a promise when a token request is needed. Failures of a caller or a server do not
   * reject.
   */
  readonly decide: Decide;
  /** Undefined at application level, and with `renewOnUnauthorized: false`. */
  readonly renew: Renew | undefined;
  /**
   * Drops the tokens of one client, or of all, and returns how many were in memory; at gateway level there is only the
   * gateway's own client. The next request gets a new token from the authorization server, not from the store. Authenticators
   * with a common cache and the same options for token requests share tokens, and lose them together. Other processes keep
   * their tokens in memory.
   */
  readonly purge: (clientId?: string) => number;
  /** Drops the tokens that were obtained here and closes the connections to the authorization server. */
  close(): Promise<void>;
}

/** Parts that authenticators may share. */
export interface AuthenticatorParts {
  /** Default: the machine's clock. */
  readonly clock?: Clock;
  /** Default: a separate cache. Authenticators with a common cache share tokens. */
  readonly cache?: TokenCache;
  /** Default: separate stores. */
  readonly stores?: Stores;
  /** Default: none. Authenticators that share them limit and suspend token requests at one endpoint together. */
  readonly endpoints?: EndpointStates;
  /** Default: none. Authenticators that share them request the metadata of an issuer together. */
  readonly discoveries?: Discoveries;
  /** Counts the sources of tokens. Default: no counts. */
  readonly tally?: TokenTally | undefined;
  /** Called for each outcome of a background renewal. Default: none. */
  readonly onRenewal?: ((event: RenewalEvent) => void) | undefined;
  /** Traces token requests. Default: no traces. */
  readonly tracing?: Tracing | undefined;
  /** Called for each request for the metadata of an issuer that is not shared. Default: none. */
  readonly onDiscovery?: DiscoveryListener['onDiscovery'];
  /** Called for each request for keys of `verify`. Default: none. */
  readonly onKeys?: KeysListener['onKeys'];
}

/** Parts for an authenticator of an application. */
export type ApplicationParts = AuthenticatorParts &
  StoreListener &
  RenewalListener &
  DiscoveryListener &
  KeysListener;

/**
 * Creates an authenticator from options as a user writes them (the names of Traefik Hub, in any letter case).
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4
 */
export function createAuthenticator(
  input: ClientCredentialsInput,
  parts: ApplicationParts = {},
): Authenticator {
  const { options, problems } = parseClientCredentials(input);
  if (options === undefined) throw new OptionsError(problems);
  return createApplicationAuthenticator(options, parts);
}

/** As `createParsedAuthenticator`; calls the application's listeners for refreshes, discoveries and its own stores. */
export function createApplicationAuthenticator(
  options: ClientCredentialsOptions,
  { onStoreEvent, onRenewal, onDiscovery, onKeys, ...parts }: ApplicationParts,
): Authenticator {
  const { clock = systemClock, tracing } = parts;
  const { stores = createStores({ clock, events: createStoreChannel(onStoreEvent), tracing }) } = parts;
  return createParsedAuthenticator(options, {
    ...parts,
    clock,
    stores,
    onRenewal: createRenewalListener(onRenewal),
    onDiscovery: createDiscoveryListener(onDiscovery),
    onKeys: createKeysListener(onKeys),
  });
}

/** Creates an authenticator from options that `parseClientCredentials` has already parsed. */
export function createParsedAuthenticator(
  options: ClientCredentialsOptions,
  parts: AuthenticatorParts = {},
): Authenticator {
  const clock = parts.clock ?? systemClock;
  const tokens = openTokens(options, { ...parts, clock });
  const { source } = tokens;
  const policy = compilePolicy(options);
  const own = toCredential(options);
  const verification = openTokenVerification(options, { ...parts, clock });
  const judge = createJudgeToken(
    policy,
    clock,
    verification?.verify,
    (clientId) => void source.purge(clientId),
  );
  const close = async (): Promise<void> => {
    await tokens.close();
    await verification?.close();
  };
  const purge = (clientId = own?.clientId): number => source.purge(clientId);
  if (own === undefined)
    return Object.freeze({
      decide: createApplicationDecide(policy, source, clock, judge),
      renew: undefined,
      purge,
      close,
    });
  return Object.freeze({
    decide: createGatewayDecide(policy, source, own, clock, judge),
    renew: options.renewOnUnauthorized ? createRenew(judge, own.clientId, tokens.renewalOf(own)) : undefined,
    purge,
    close,
  });
}
