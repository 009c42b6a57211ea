import type { JsonValue } from '../claims/claims.ts';
import { claimJson } from '../claims/text.ts';
import type { VerificationKey } from './verification-key.ts';

/** The key that a signature was verified with. */
export interface JwtSigner {
  readonly key: VerificationKey;
  readonly algorithm: string;
}

/** The reason why a token is refused. */
export interface JwtRefusal {
  readonly kind: 'refused';
  /** For callers: names the failed check, without a value. */
  readonly detail: string;
  /** For operators: what was found and what was expected. Quotes claims, never the token. */
  readonly reason: string;
  /** Undefined: the signature was not verified. */
  readonly signer?: JwtSigner | undefined;
}

export const refuseJwt = (detail: string, reason: string): JwtRefusal =>
  Object.freeze({ kind: 'refused', detail, reason });

/** Characters of a value in a reason. */
const shownCharacters = 120;

/** A value of a token, in a form suitable for a reason. */
export function showClaim(value: JsonValue | undefined): string {
  const text = value === undefined ? 'missing' : claimJson(value);
  return text.length <= shownCharacters ? text : `${text.slice(0, shownCharacters)}...`;
}
