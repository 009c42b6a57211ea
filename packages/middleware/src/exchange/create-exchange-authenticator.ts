import { clientIdOf } from '../claims/client-id.ts';
import { readClaim } from '../claims/path.ts';
import type { CredentialRequest } from '../credentials/credential-reading.ts';
import { createCredentialSource, type CredentialSource } from '../credentials/credential-source.ts';
import { createBearerDeny, type BearerDeny, type BearerDenyOptions } from '../decision/bearer-deny.ts';
import { toFailureDeny } from '../decision/failure-deny.ts';
import { createConfirm, type CallerProofs } from '../jwt/binding.ts';
import { createCheckProof } from '../jwt/dpop.ts';
import { createUsedProofs } from '../jwt/used-proofs.ts';
import { createBearerRefusals } from '../verification/bearer-refusals.ts';
import {
  createCallerDecide,
  type CallerAuthentication,
  type OnAllow,
} from '../verification/create-caller-decide.ts';
import { createCredentialCache, type CredentialCache } from '../verification/credential-cache.ts';
import type { Verification } from '../verification/verification.ts';
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
> extends CallerAuthentication<Request> {
  readonly source: CredentialSource;
  /** For further checks of the same tokens. */
  readonly deny: BearerDeny;
  /** Exchanges a token without considering its caller and policy: for explanations. */
  readonly exchange: (token: string) => Promise<ExchangeOutcome>;
  readonly close: () => Promise<void>;
}

export interface ExchangeAuthenticatorParts<Request> extends ExchangeParts {
  /** Proofs of possession in requests: a bound token requires its own proof. */
  readonly proofs: CallerProofs<Request>;
  /** Default: a separate cache. */
  readonly cache?: CredentialCache | undefined;
  /** Of refusals. */
  readonly challenge?: Pick<BearerDenyOptions, 'realm' | 'resourceMetadata'> | undefined;
  /** Called with the exchanged token and its claims. Default: nothing. */
  readonly onAllow?: OnAllow | undefined;
}

/** Milliseconds that the clocks of caller and gateway may differ in a proof (RFC 9449 section 4.3). */
const proofSkewMs = 30_000;
/** Milliseconds for which a refused token is refused without another request. */
const refusedMs = 5_000;

/** Creates an authenticator from options that `parseExchange` has parsed. */
export function createExchangeAuthenticator<Request extends CredentialRequest>(
  options: ExchangeOptions,
  parts: ExchangeAuthenticatorParts<Request>,
): ExchangeAuthenticator<Request> {
  const { clock, proofs, cache = createCredentialCache({ clock }), tally, challenge, onAllow } = parts;
  const source = createCredentialSource({
    ...options.tokenSource,
    schemes: withDpop(options.tokenSource.schemes),
    syntax: 'visible',
    noun: 'token',
  });
  const { realm, resourceMetadata } = challenge ?? {};
  const deny = createBearerDeny({ realm, resourceMetadata });
  const { stores } = parts;
  const { url, clientID, store } = options;
  // Separate from those of other middlewares, which have already seen the proof of this request.
  const used = createUsedProofs({ clock, scope: ['exchange', url, clientID], stores, store });
  const binding = {
    required: undefined,
    proofs,
    checkProof: createCheckProof(clock, proofSkewMs, used),
    deny,
  };
  const exchange = createExchange(options, parts);
  const toVerification = (
    value: string,
    scheme: string | undefined,
    outcome: ExchangeOutcome,
  ): Verification<Request> => {
    if (outcome.kind === 'failure')
      return { kind: 'refusal', deny: toFailureDeny(outcome, 'gateway_credentials_refused', undefined) };
    if (outcome.kind === 'refused')
      return {
        kind: 'refusal',
        deny: deny('token_invalid', 'The token is not accepted.', { reason: outcome.reason }),
        rememberMs: refusedMs,
      };
    const { token, claims, subjectClaims } = outcome;
    const clientId = toClientId(outcome);
    // A proof for an opaque token cannot be checked, so the scheme DPoP is refused.
    const bound = createConfirm<Request>({ value, scheme, claims: subjectClaims ?? {}, clientId }, binding);
    if ('refusal' in bound) return { kind: 'refusal', deny: bound.refusal };
    const { expiresAtMs } = token;
    return { kind: 'identity', clientId, claims, expiresAtMs, exchanged: token, confirm: bound.confirm };
  };
  const authentication = createCallerDecide<Request>({
    source,
    claims: options,
    verify: async (token, scheme) => toVerification(token, scheme, await exchange.exchange(token)),
    // `claims` are those of the new token, so no scope of the caller's token would satisfy them.
    refusals: createBearerRefusals(deny, undefined),
    forwards: false,
    exchanges: true,
    cache,
    clock,
    tally,
    onAllow,
  });
  return Object.freeze({
    decide: authentication.decide,
    purge(clientId?: string) {
      exchange.purge();
      return authentication.purge(clientId);
    },
    source,
    deny,
    exchange: exchange.exchange,
    async close() {
      authentication.purge();
      await exchange.close();
      await used.close();
    },
  });
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
