import type { Clock } from '../base/clock.ts';
import type { Claims } from '../claims/claims.ts';
import type { TokenFailure } from '../token/failure.ts';
import { checkClaimsSet, type ClaimRules } from './claim-rules.ts';
import type { JwtRefusal } from './jwt-refusal.ts';
import type { KeySource } from './key-source.ts';
import type { VerificationKey } from './verification-key.ts';
import { createVerifySignature, type SignatureRules } from './verify-signature.ts';

export type JwtRules = ClaimRules & SignatureRules;

/** A token with a valid signature and valid registered claims. */
export interface AcceptedJwt {
  readonly kind: 'accepted';
  readonly claims: Claims;
  readonly key: VerificationKey;
  readonly algorithm: string;
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** The result of a verification; a failure when the keys could not be obtained. */
export type JwtOutcome = AcceptedJwt | JwtRefusal | TokenFailure;

export type VerifyJwt = (token: string) => Promise<JwtOutcome>;

/**
 * Verifies JWTs: first header and signature, then the registered claims.
 *
 * @see RFC 7519 section 7.2
 */
export function createVerifyJwt(rules: JwtRules, keys: KeySource, clock: Clock): VerifyJwt {
  const verifySignature = createVerifySignature(rules, keys);
  return async (token) => {
    const outcome = await verifySignature(token);
    if (outcome.kind !== 'signed') return outcome;
    const { claims, key, algorithm } = outcome;
    const times = checkClaimsSet(claims, rules, clock.now());
    if (times.kind === 'refused') return Object.freeze({ ...times, signer: { key, algorithm } });
    return Object.freeze({ kind: 'accepted', claims, key, algorithm, expiresAtMs: times.expiresAtMs });
  };
}
