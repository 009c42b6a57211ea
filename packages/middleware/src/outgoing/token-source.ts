import type { MaybePromise } from '../base/maybe-promise.ts';
import { findApplicationProblems } from '../options/application.ts';
import type { Clock } from '../base/clock.ts';
import { systemClock } from '../base/clock.ts';
import type { Stores } from '../cache/stores.ts';
import { createStores } from '../cache/stores.ts';
import type { TokenErrorCode } from '../errors.ts';
import { OptionsError, TokenError } from '../errors.ts';
import { openTokens, toCredential } from '../open-tokens.ts';
import { parseClientCredentials } from '../options/parse.ts';
import type { ClientCredentialsInput, ServerInput } from '../options/schema.ts';
import { checkTracing, type TracingOption } from '../options/tracing-option.ts';
import type { DiscoveryListener } from '../discovery-listener.ts';
import { createDiscoveryListener } from '../discovery-listener.ts';
import type { RenewalListener } from '../renewal-listener.ts';
import { createRenewalListener } from '../renewal-listener.ts';
import type { StoreListener } from '../store-listener.ts';
import { createStoreChannel } from '../store-listener.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import type { TokenFailureReason } from '../token/failure.ts';

/** The options of `oAuthClientCredentials` that apply to an application's own tokens. */
export type TokenSourceInput = ServerInput &
  Pick<
    ClientCredentialsInput,
    | 'clientSecret'
    | 'clientAuthentication'
    | 'audience'
    | 'scopes'
    | 'resource'
    | 'endpointParams'
    | 'tokenLifetime'
    | 'acceptedTokenTypes'
    | 'clientConfig'
    | 'store'
  > &
  Required<Pick<ClientCredentialsInput, 'clientID'>> &
  StoreListener &
  RenewalListener &
  DiscoveryListener &
  TracingOption;

/** A token for outgoing calls; the same object while it is cached. Printing or serialising it does not show `value`. */
export interface OutgoingToken {
  /** For `Authorization: Bearer`; must never reach a log. */
  readonly value: string;
  /** Milliseconds since the epoch; undefined when the authorization server named no lifetime. */
  readonly expiresAt: number | undefined;
}

/** Tokens of one client, cached like those of the gateway: one request per lifetime, refreshed ahead of expiry. */
export interface TokenSource {
  /**
   * A valid token. Aborting ends only this wait; the token request continues for all others.
   *
   * @throws TokenError with the reason, or the signal's reason.
   */
  token(signal?: AbortSignal): Promise<OutgoingToken>;
  /** Like `token`, but synchronous when the token is in memory. @throws TokenError */
  get(): MaybePromise<OutgoingToken>;
  /**
   * Another token after a resource refused the current one with 401; undefined when there is none, or when one was renewed for
   * this reason less than ten seconds ago: a resource that refuses every token must not flood the server.
   */
  renew(refused: OutgoingToken): Promise<OutgoingToken | undefined>;
  /** Drops the tokens and closes the connections to the authorization server. */
  close(): Promise<void>;
}

/**
 * Creates a source of tokens for an application's own calls.
 *
 * @throws OptionsError `options_invalid`, with every problem and its path.
 * @see RFC 6749 section 4.4
 */
export function createTokenSource(
  { onStoreEvent, onRenewal, onDiscovery, tracing, ...input }: TokenSourceInput,
  parts: { readonly clock?: Clock; readonly stores?: Stores } = {},
): TokenSource {
  const clock = parts.clock ?? systemClock;
  const { options, problems } = parseClientCredentials(input);
  const found = [...findApplicationProblems(input), ...problems, ...checkTracing(tracing)];
  const credential = options && toCredential(options);
  if (options === undefined || credential === undefined || found.some(({ severity }) => severity === 'error'))
    throw new OptionsError(found.length > 0 ? found : [noIdentity]);
  const stores = parts.stores ?? createStores({ clock, events: createStoreChannel(onStoreEvent), tracing });
  const tokens = openTokens(options, {
    clock,
    stores,
    tracing,
    onDiscovery: createDiscoveryListener(onDiscovery),
    onRenewal: createRenewalListener(onRenewal),
  });
  const held = new WeakMap<AccessToken, OutgoingToken>();
  const originals = new WeakMap<OutgoingToken, AccessToken>();
  const renewal = tokens.renewalOf(credential);

  const toOutgoing = (outcome: TokenOutcome): OutgoingToken => {
    if (outcome.kind === 'failure')
      throw new TokenError(codeOf[outcome.reason], outcome.detail, outcome.retryAfterSeconds);
    let token = held.get(outcome);
    if (token === undefined) {
      const { value, expiresAtMs } = outcome;
      const expiresAt =
        expiresAtMs === undefined ? undefined : Math.round(clock.now() + expiresAtMs - clock.monotonic());
      // Not enumerable, so that code that walks over the object does not find the token.
      token = Object.freeze(Object.defineProperty({ expiresAt }, 'value', { value })) as OutgoingToken;
      held.set(outcome, token);
      originals.set(token, outcome);
    }
    return token;
  };
  const get = (): MaybePromise<OutgoingToken> => {
    const outcome = tokens.source.get(credential);
    return outcome instanceof Promise ? outcome.then(toOutgoing) : toOutgoing(outcome);
  };

  return Object.freeze({
    get,
    async token(signal?: AbortSignal): Promise<OutgoingToken> {
      signal?.throwIfAborted();
      const token = get();
      return token instanceof Promise && signal !== undefined ? untilAborted(token, signal) : token;
    },
    async renew(refused: OutgoingToken): Promise<OutgoingToken | undefined> {
      const original = originals.get(refused);
      if (original === undefined) return undefined;
      const token = await renewal(original);
      return token && toOutgoing(token);
    },
    close: () => tokens.close(),
  });
}

const noIdentity = {
  severity: 'error',
  path: ['clientID'],
  code: 'missing_option',
  message: 'is required: an outgoing call is made as this client',
} as const;

const codeOf: Readonly<Record<TokenFailureReason, TokenErrorCode>> = {
  credentials_refused: 'credentials_refused',
  request_rejected: 'token_request_rejected',
  response_invalid: 'token_response_invalid',
  unavailable: 'authorization_server_unavailable',
  timeout: 'authorization_server_timeout',
};

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
