import { clientIdOf } from '../claims/client-id.ts';
import { readClaim } from '../claims/path.ts';
import type { CredentialRequest } from '../credentials/credential-reading.ts';
import { createCredentialSource } from '../credentials/credential-source.ts';
import type { BearerDeny } from '../decision/bearer-deny.ts';
import { toFailureDeny } from '../decision/failure-deny.ts';
import {
  createBearerAuthenticator,
  type AcceptedToken,
  type BearerAuthenticator,
  type BearerAuthenticatorParts,
} from '../jwt/bearer-authenticator.ts';
import type { CredentialRefusal } from '../verification/verification.ts';
import {
  createExchange,
  type ExchangedToken,
  type ExchangeOutcome,
  type ExchangeParts,
} from './create-exchange.ts';
import type { ExchangeOptions } from './schema.ts';

/** Decides on requests for one `oAuthTokenExchange` middleware. */
export interface ExchangeAuthenticator<
  Request extends CredentialRequest,
> extends BearerAuthenticator<Request> {
  /** Exchanges a token without considering its caller and policy: for explanations. */
  readonly exchange: (token: string) => Promise<ExchangeOutcome>;
}

/** `onAllow` is called with the exchanged token and its claims. */
export interface ExchangeAuthenticatorParts<Request>
  extends ExchangeParts, BearerAuthenticatorParts<Request> {}

/** Milliseconds that the clocks of caller and gateway may differ in a proof (RFC 9449 section 4.3). */
const proofSkewMs = 30_000;
/** Milliseconds for which a refused token is refused without another request. */
const refusedMs = 5_000;

/** Creates an authenticator from options that `parseExchange` has parsed. */
export function createExchangeAuthenticator<Request extends CredentialRequest>(
  options: ExchangeOptions,
  parts: ExchangeAuthenticatorParts<Request>,
): ExchangeAuthenticator<Request> {
  const { url, clientID, store, tokenSource } = options;
  const schemes = withDpop(tokenSource.schemes);
  const { exchange, purge, close } = createExchange(options, parts);
  const authenticator = createBearerAuthenticator<Request>(
    {
      source: createCredentialSource({ ...tokenSource, schemes, syntax: 'visible', noun: 'token' }),
      claims: options,
      // `claims` are those of the new token, so no scope of the caller's token would satisfy them.
      scopesOf: undefined,
      forwards: false,
      exchanges: true,
      clockSkewMs: proofSkewMs,
      // Separate from those of other middlewares, which have already seen the proof of this request.
      scope: ['exchange', url, clientID],
      store,
      verify: async (token, deny) => toVerification(await exchange(token), deny),
      ...{ purge, close },
    },
    parts,
  );
  return Object.freeze({ ...authenticator, exchange });
}

function toVerification(outcome: ExchangeOutcome, deny: BearerDeny): AcceptedToken | CredentialRefusal {
  if (outcome.kind === 'failure')
    return { kind: 'refusal', deny: toFailureDeny(outcome, 'gateway_credentials_refused', undefined) };
  if (outcome.kind === 'refused')
    return {
      kind: 'refusal',
      deny: deny('token_invalid', 'The token is not accepted.', { reason: outcome.reason }),
      rememberMs: refusedMs,
    };
  const { token, claims, subjectClaims } = outcome;
  return {
    kind: 'identity',
    clientId: toClientId(outcome),
    claims,
    // A proof for an opaque token cannot be checked, so the scheme DPoP is refused.
    callerClaims: subjectClaims ?? {},
    expiresAtMs: token.expiresAtMs,
    exchanged: token,
  };
}

/** A token that is bound to a key has its own scheme (RFC 9449 section 7.1). */
const withDpop = (schemes: readonly string[]): readonly string[] =>
  schemes.length === 1 && schemes[0]?.toLowerCase() === 'bearer' ? [...schemes, 'DPoP'] : schemes;

/** The client to which the caller's token was issued. The client of the new token is the gateway; its subject is still the caller. */
function toClientId({ claims, subjectClaims }: ExchangedToken): string {
  if (subjectClaims !== undefined) return clientIdOf(subjectClaims);
  const subject = claims && readClaim(claims, ['sub']);
  return typeof subject === 'string' ? subject : '';
}
