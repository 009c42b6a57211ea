import type { Clock } from '../base/clock.ts';
import type { Claims } from '../claims/claims.ts';
import { decodeJwtPayload } from '../base/jwt.ts';
import { parseClaims } from '../claims/parse.ts';
import { toAllow } from './allow.ts';
import type { Decision, Deny } from './decision.ts';
import { evaluatePolicy } from './evaluate-policy.ts';
import type { Policy } from './policy.ts';
import type { RefusalCode } from './refusal-code.ts';
import { createDeny } from './refusals.ts';
import type { DecisionToken } from './token-source.ts';

/** The client for which a token was obtained. */
export interface TokenClient {
  readonly clientId: string;
  /** The client ID if the caller presented it; undefined if it is the gateway's own. */
  readonly presented: string | undefined;
}

/**
 * Decides on one token under one policy; called once per pair, and the result is cached with the token. The claims are not
 * cached: they take several times the token's memory, and can be read from the token again.
 *
 * @param verified claims that were verified; default: the claims of the token, as received from the authorization server.
 */
export function toVerdict(
  policy: Policy,
  { clientId, presented }: TokenClient,
  token: DecisionToken,
  clock: Clock,
  verified?: Claims,
): Decision {
  const deny = (code: RefusalCode, detail: string, reason?: string): Deny =>
    createDeny(code, detail, undefined, { clientId: presented, reason });
  const payload = verified === undefined ? decodeJwtPayload(token.value) : undefined;
  const claims = verified ?? (payload === undefined ? undefined : parseClaims(payload));
  if (claims === undefined && policy.needsClaims) {
    return deny('token_opaque', 'The access token is not a JWT, and this route needs its claims.');
  }
  const result = evaluatePolicy(policy, claims);
  if (result.kind === 'unsatisfied')
    return deny('claims_not_satisfied', "The token's claims do not satisfy this route.", result.reason);
  if (result.kind === 'unsendable')
    return deny(
      'token_response_invalid',
      `The claim for header ${result.header} cannot be sent in a header.`,
    );
  const credential = ['authorization', token.authorization];
  return toAllow(policy, result, { clientId, expiresAtMs: token.expiresAtMs, credential, clock });
}
