import type * as JoseModule from 'jose';
import { decodeJwtTexts, isCanonical } from '../base/jwt.ts';
import type { Claims } from '../claims/claims.ts';
import { parseUniqueClaims } from '../claims/parse.ts';
import { readClaim } from '../claims/path.ts';
import type { TokenFailure } from '../token/failure.ts';
import { checkType, type TypeRule } from './claim-rules.ts';
import { refuseJwt, showClaim, type JwtRefusal } from './jwt-refusal.ts';
import type { KeySource } from './key-source.ts';
import { findSigner } from './signer.ts';
import type { VerificationKey } from './verification-key.ts';

export interface SignatureRules extends TypeRule {
  readonly algorithms: readonly string[];
}

/** A JWT with a valid header and signature; its claims are not checked. */
export interface SignedClaims {
  readonly kind: 'signed';
  readonly claims: Claims;
  readonly key: VerificationKey;
  readonly algorithm: string;
}

/** A failure when the keys could not be obtained. */
export type VerifySignature = (token: string) => Promise<SignedClaims | JwtRefusal | TokenFailure>;

interface JwtHeader {
  readonly kind: 'header';
  readonly algorithm: string;
  readonly keyId: string | undefined;
}

/**
 * Verifies signatures of JWTs: first the header, then the signature. Keys come only from the options:
 * `jku`, `x5u`, `x5c` and `jwk` of a header are never read (RFC 8725 section 3.10).
 *
 * @see RFC 7515 section 5.2, RFC 8725
 */
export function createVerifySignature(rules: SignatureRules, keys: KeySource): VerifySignature {
  // A gateway that never sees such tokens starts without the library.
  let jose: Promise<typeof JoseModule> | undefined;
  return async (token) => {
    const texts = decodeJwtTexts(token);
    if (texts === undefined) return refuseJwt('The token is not a JWT.', 'it is opaque, or encrypted');
    if (!isCanonical(token))
      return refuseJwt('The token is malformed.', 'a part of it is not canonical base64url');
    const fields = parseUniqueClaims(texts.header);
    const claims = parseUniqueClaims(texts.payload);
    if (fields === 'duplicate' || claims === 'duplicate')
      return refuseJwt('The token is ambiguous.', 'a name occurs twice in one of its objects');
    if (fields === undefined || claims === undefined)
      return refuseJwt('The token is not a JWT.', 'its JSON is nested too deep');
    const header = checkHeader(fields, rules);
    if (header.kind === 'refused') return header;
    const { algorithm, keyId } = header;
    const iss = readClaim(claims, ['iss']);
    const match = await keys.find({
      algorithm,
      id: keyId,
      issuer: typeof iss === 'string' ? iss : undefined,
    });
    if (match.kind === 'failure') return match;
    jose ??= import('jose');
    const key = await findSigner(await jose, { token, algorithm, keys: match.keys });
    return key === undefined
      ? refuseSignature(header, match.keys)
      : Object.freeze({ kind: 'signed', claims, key, algorithm });
  };
}

function checkHeader(fields: Claims, rules: SignatureRules): JwtHeader | JwtRefusal {
  const [alg, kid, typ] = ['alg', 'kid', 'typ'].map((name) => readClaim(fields, [name]));
  if (typeof alg !== 'string' || !rules.algorithms.includes(alg))
    return refuseJwt(
      'The token is signed with another algorithm.',
      `alg is ${showClaim(alg)}, expected ${rules.algorithms.join(', ')}`,
    );
  if (kid !== undefined && typeof kid !== 'string')
    return refuseJwt('The token is malformed.', `kid is ${showClaim(kid)}, expected a text`);
  // Critical extensions (RFC 7515 section 4.1.11); none is supported.
  if (Object.hasOwn(fields, 'crit') || Object.hasOwn(fields, 'b64'))
    return refuseJwt('The token has extensions that are not supported.', 'the header has crit or b64');
  return checkType(typ, rules) ?? { kind: 'header', algorithm: alg, keyId: kid };
}

function refuseSignature({ algorithm, keyId }: JwtHeader, keys: readonly VerificationKey[]): JwtRefusal {
  const named = keyId === undefined ? 'without kid' : `kid ${showClaim(keyId)}`;
  return keys.length === 0
    ? refuseJwt('The token is signed with an unknown key.', `no key for ${algorithm}, ${named}`)
    : refuseJwt('The signature of the token is not valid.', `signature of ${algorithm}, ${named}`);
}
