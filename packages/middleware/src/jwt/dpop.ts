import { createHash } from 'node:crypto';
import type { JWK } from 'jose';
import type { Clock } from '../base/clock.ts';
import { asymmetricAlgorithms } from '../base/signing-key.ts';
import type { UsedProofs } from './used-proofs.ts';

/** Expectations for a proof. */
export interface ProofContext {
  /** Value of the header `DPoP`; several are joined with `, `. */
  readonly proof: string | undefined;
  readonly method: string;
  /** Absolute URL of the request as its caller wrote it, without query. */
  readonly url: string;
  readonly token: string;
  /** Thumbprint of the key that the token is bound to: `cnf.jkt`. */
  readonly thumbprint: string;
}

/** Checks a proof of possession; returns its fault, or undefined. */
export type CheckProof = (context: ProofContext) => Promise<string | undefined>;

/** Maximum age of a proof, in milliseconds. */
const longestAgeMs = 60_000;
/** Maximum length of a proof, in characters. */
const maxProofLength = 8 * 1024;

/**
 * Checks DPoP proofs (RFC 9449 section 4.3). Each is accepted once: a second one with the same `jti` is a replay.
 *
 * @param clockSkewMs milliseconds by which the caller's clock may differ.
 */
export function createCheckProof(clock: Clock, clockSkewMs: number, used: UsedProofs): CheckProof {
  return async ({ proof, method, url, token, thumbprint }) => {
    if (proof === undefined) return 'The request has no DPoP proof.';
    if (proof.length > maxProofLength || proof.includes(',')) return 'The DPoP proof is malformed.';
    const { calculateJwkThumbprint, EmbeddedJWK, errors, jwtVerify } = await import('jose');
    try {
      const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
        algorithms: [...asymmetricAlgorithms],
        typ: 'dpop+jwt',
        requiredClaims: ['jti', 'htm', 'htu', 'iat', 'ath'],
        // Only `iat` determines the age, by this machine's clock.
        currentDate: new Date(clock.now()),
        clockTolerance: clockSkewMs / 1000,
      });
      const { jti, htm, htu, iat = NaN, ath } = payload;
      if (typeof jti !== 'string' || jti.length > 1024) return 'The DPoP proof has an invalid jti.';
      if (htm !== method) return 'The DPoP proof is for another method.';
      if (typeof htu !== 'string' || !isSameUrl(htu, url)) return 'The DPoP proof is for another URL.';
      const ageMs = clock.now() - iat * 1000;
      if (!(ageMs >= -clockSkewMs && ageMs <= longestAgeMs + clockSkewMs))
        return 'The DPoP proof is too old or from the future.';
      if (ath !== createHash('sha256').update(token).digest('base64url'))
        return 'The DPoP proof is for another token.';
      const { jwk = {} } = protectedHeader as { readonly jwk?: JWK };
      if ((await calculateJwkThumbprint(jwk)) !== thumbprint) return 'The DPoP proof is of another key.';
      return (await used.add(`${thumbprint}.${jti}`, longestAgeMs + 2 * clockSkewMs))
        ? undefined
        : 'The DPoP proof has been used before.';
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof TypeError)
        return 'The DPoP proof is not valid.';
      throw error;
    }
  };
}

/** RFC 9449 section 4.3: without query and fragment, normalized. */
function isSameUrl(htu: string, url: string): boolean {
  if (!URL.canParse(htu) || !URL.canParse(url)) return false;
  const [a, b] = [new URL(htu), new URL(url)];
  return a.origin === b.origin && a.pathname === b.pathname;
}
