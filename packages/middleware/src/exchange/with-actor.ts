import type { Clock } from '../base/clock.ts';
import { Secret } from '../base/secret.ts';
import type { Tracing } from '../base/tracing.ts';
import type { Stores } from '../cache/stores.ts';
import { createTokenCache, type TokenCache } from '../cache/token-cache.ts';
import { openTokens, toCredential } from '../open-tokens.ts';
import type { AccessToken, TokenOutcome } from '../token/access-token.ts';
import type { Credential } from '../token/credential.ts';
import type { EndpointClient } from '../token/endpoint-client.ts';
import type { EndpointStates } from '../token/endpoint-state.ts';
import type { TokenFailure } from '../token/failure.ts';
import type { ExchangeRequestOptions } from './schema.ts';
import { isSubjectRefusal } from './subject-refusal.ts';

/** The gateway's own token at the authorization server that exchanges callers' tokens. */
export interface Actor {
  readonly get: () => Promise<TokenOutcome>;
  /** A different token from this one, at most once in ten seconds; undefined: there is none. */
  readonly renew: (refused: AccessToken) => Promise<AccessToken | undefined>;
  readonly close: () => Promise<void>;
}

export interface ActorParts {
  readonly clock: Clock;
  readonly stores: Stores;
  readonly tokens?: TokenCache | undefined;
  readonly endpoints?: EndpointStates | undefined;
  readonly tracing?: Tracing | undefined;
}

/** Undefined without `actorToken`. */
export function openActor(
  options: ExchangeRequestOptions,
  { clock, stores, tokens, endpoints, tracing }: ActorParts,
): Actor | undefined {
  const { url, grant, clientAuthentication, clientConfig, tokenLifetimeMs, acceptedTokenTypes, store } =
    options;
  const own = toCredential(options);
  if (grant.method !== 'rfc8693' || grant.actorToken === undefined || own === undefined) return undefined;
  const { audience, scopes, resource } = grant.actorToken;
  const tokensOfGateway = openTokens(
    {
      ...{ url, issuer: undefined, clientAuthentication, clientConfig, store },
      ...{ audience, scopes, resource, endpointParams: {}, tokenLifetimeMs, acceptedTokenTypes },
    },
    {
      ...{ clock, stores, tracing, cache: tokens ?? createTokenCache({ clock }) },
      ...(endpoints !== undefined && { endpoints }),
    },
  );
  const renewal = tokensOfGateway.renewalOf(own);
  return {
    get: async () => tokensOfGateway.source.get(own),
    renew: async (refused) => renewal(refused),
    close: () => tokensOfGateway.close(),
  };
}

/**
 * Sends the gateway's own token with each request. A server does not say which of the two tokens it refuses, so the request is repeated
 * with a new token of the gateway, if there is one.
 */
export function withActor(client: EndpointClient, actor: Actor): EndpointClient {
  return {
    async obtain(request) {
      const own = await actor.get();
      if (own.kind === 'failure') return toActorFailure(own);
      const outcome = await client.obtain({ ...request, actor: toActorCredential(own) });
      if (!isSubjectRefusal(outcome)) return outcome;
      const other = await actor.renew(own);
      return other === undefined ? outcome : client.obtain({ ...request, actor: toActorCredential(other) });
    },
    close: () => client.close(),
  };
}

const toActorCredential = ({ value }: AccessToken): Credential => ({
  clientId: '',
  clientSecret: new Secret(value),
});

/** Its error is no evidence about the caller's token. */
const toActorFailure = (failure: TokenFailure): TokenFailure =>
  Object.freeze({
    ...failure,
    oauthError: undefined,
    detail: `no token of the gateway to act with: ${failure.detail}`,
  });
