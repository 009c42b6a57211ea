import type { Clock } from '../base/clock.ts';
import { fingerprint } from '../base/fingerprint.ts';
import { decodeJwtPayload } from '../base/jwt.ts';
import { Secret } from '../base/secret.ts';
import type { Tracing } from '../base/tracing.ts';
import { createStores, type Stores } from '../cache/stores.ts';
import { createSubjectResponses } from '../cache/subject-responses.ts';
import type { TokenCache } from '../cache/token-cache.ts';
import type { TokenTally } from '../cache/token-tally.ts';
import type { Claims } from '../claims/claims.ts';
import { parseClaims } from '../claims/parse.ts';
import type { AccessToken } from '../token/access-token.ts';
import type { TokenEndpointOptions } from '../token/endpoint.ts';
import { createEndpointClient } from '../token/endpoint-client.ts';
import type { EndpointStates } from '../token/endpoint-state.ts';
import { describeForOperators, type TokenFailure } from '../token/failure.ts';
import { waitLimitMs } from '../token/retry.ts';
import { toServerEndpoint } from '../token/server-endpoint.ts';
import { attemptExchange } from './attempt-exchange.ts';
import type { ExchangeRequestOptions } from './schema.ts';
import { isSubjectRefusal } from './subject-refusal.ts';
import { openActor, withActor } from './with-actor.ts';

/** A token that the authorization server issued instead of a caller's. */
export interface ExchangedToken {
  readonly kind: 'exchanged';
  readonly token: AccessToken;
  /** Of the new token; undefined when it is opaque. */
  readonly claims: Claims | undefined;
  /** Claims of the caller's token, which the server has accepted; undefined when it is opaque. */
  readonly subjectClaims: Claims | undefined;
}

/** A caller's token that the authorization server does not exchange. */
export interface RefusedSubject {
  readonly kind: 'refused';
  /** For operators. */
  readonly reason: string;
}

export type ExchangeOutcome = ExchangedToken | RefusedSubject | TokenFailure;

/** Exchanges tokens of callers at one token endpoint. */
export interface Exchange {
  /** Never rejects. */
  readonly exchange: (token: string) => Promise<ExchangeOutcome>;
  /** Stops the use of earlier tokens. */
  readonly purge: () => void;
  /** Closes the connections once requests in flight have ended. */
  readonly close: () => Promise<void>;
}

export interface ExchangeParts {
  readonly clock: Clock;
  /** Default: separate stores. */
  readonly stores?: Stores | undefined;
  /** Cache of the gateway's own tokens. Default: a separate cache. */
  readonly tokens?: TokenCache | undefined;
  /** Default: none. Middlewares that share them limit and suspend requests to one endpoint together. */
  readonly endpoints?: EndpointStates | undefined;
  readonly tally?: TokenTally | undefined;
  /** Default: requests are not traced. */
  readonly tracing?: Tracing | undefined;
}

export type ExchangeSettings = ExchangeRequestOptions;

/**
 * Composes endpoint, store and the gateway's own token. A token is shared with the other processes, encrypted, under a keyed hash of the
 * caller's token and of every option that changes it.
 */
export function createExchange(options: ExchangeSettings, parts: ExchangeParts): Exchange {
  const { clock, stores = createStores({ clock }), endpoints, tally, tracing } = parts;
  const { url, clientID, clientSecret = new Secret(''), grant, store } = options;
  const endpointOptions = toEndpointOptions(options);
  const use = endpoints?.acquire(endpointOptions, tally);
  const client = createEndpointClient(endpointOptions, {
    clock,
    state: use?.state,
    send: (...request) => attemptExchange({ endpoint: endpointOptions, grant }, clock, ...request),
    tracing,
    spanName: 'token exchange request',
  });
  const actor = openActor(options, { ...parts, stores });
  const endpoint = actor === undefined ? client : withActor(client, actor);
  const held = store && stores.acquire(store);
  const responses = createSubjectResponses({
    clock,
    endpoint,
    client: Object.freeze({ clientId: clientID, clientSecret }),
    profile: ['exchange', url, profileOf(options)],
    // The actor token and its renewal may require requests of their own.
    waitMs: waitLimitMs(endpointOptions, actor === undefined ? 1 : 4),
    lockWaitMs: endpointOptions.timeoutMs,
    shared: held === undefined ? stores.local : held.shared,
    tally,
  });
  return Object.freeze({
    async exchange(subject: string): Promise<ExchangeOutcome> {
      const outcome = await responses.obtain(subject);
      if (outcome.kind === 'token')
        return {
          kind: 'exchanged',
          token: outcome,
          claims: claimsOf(outcome.value),
          subjectClaims: claimsOf(subject),
        };
      return isSubjectRefusal(outcome) ? { kind: 'refused', reason: describeForOperators(outcome) } : outcome;
    },
    purge: () => responses.purge(),
    async close() {
      await client.close();
      await actor?.close();
      await use?.release();
      await held?.release();
    },
  });
}

function claimsOf(token: string): Claims | undefined {
  const payload = decodeJwtPayload(token);
  return payload === undefined ? undefined : parseClaims(payload);
}

function toEndpointOptions(options: ExchangeSettings): TokenEndpointOptions {
  const { url, grant, endpointParams, acceptedTokenTypes, tokenLifetimeMs } = options;
  return Object.freeze({
    ...toServerEndpoint(url, options),
    // `grant` has the parameters of RFC 8693, some of which may repeat.
    audience: undefined,
    scopes: grant.scopes,
    resource: grant.method === 'rfc8693' ? grant.resource : [],
    endpointParams,
    rules: Object.freeze({ acceptedTokenTypes: new Set(acceptedTokenTypes), tokenLifetimeMs }),
  });
}

/** Everything that determines the token, or access to it. */
function profileOf(options: ExchangeSettings): string {
  const { clientID, clientSecret, clientAuthentication, clientConfig, grant } = options;
  const { endpointParams, tokenLifetimeMs, acceptedTokenTypes } = options;
  const { tls, assertion, headers, proxy } = clientConfig;
  return fingerprint({
    client: { clientID, clientSecret, clientAuthentication, assertion },
    request: { grant, endpointParams, headers, tls, proxy, tokenLifetimeMs, acceptedTokenTypes },
  });
}
