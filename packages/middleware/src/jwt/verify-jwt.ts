import type * as JoseModule from 'jose';
import type { Clock } from '../base/clock.ts';
import { decodeJwtTexts } from '../base/jwt.ts';
import type { Claims } from '../claims/claims.ts';
import { parseUniqueClaims } from '../claims/parse.ts';
import { readClaim } from '../claims/path.ts';
import type { TokenFailure } from '../token/failure.ts';
import { checkClaimsSet, checkType, type ClaimRules } from './claim-rules.ts';
import { refuseJwt, showClaim, type JwtRefusal } from './jwt-refusal.ts';
import type { KeySource } from './key-source.ts';
import type { VerificationKey } from './verification-key.ts';

export interface JwtRules extends ClaimRules {
  readonly algorithms: readonly string[];
}

/** A token whose signature and registered claims are right. */
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

interface JwtHeader {
  readonly kind: 'header';
  readonly algorithm: string;
  readonly keyId: string | undefined;
}

/**
 * Verifies JWTs: first what the header says, then the signature, then the registered claims. A key comes from the options and from
 * nowhere else: `jku`, `x5u`, `x5c` and `jwk` of a header are never read (RFC 8725 section 3.10).
 *
 * @see RFC 7519 section 7.2, RFC 7515 section 5.2, RFC 8725
 */
export function createVerifyJwt(rules: JwtRules, keys: KeySource, clock: Clock): VerifyJwt {
  // A gateway without such tokens starts without the library.
  let jose: Promise<Jose> | undefined;
  return async (token) => {
    const texts = decodeJwtTexts(token);
    if (texts === undefined) return refuseJwt('The token is not a JWT.', 'it is opaque, or encrypted');
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
    if (key === undefined) return refuseSignature(header, match.keys);
    const times = checkClaimsSet(claims, rules, clock.now());
    if (times.kind === 'refused') return Object.freeze({ ...times, signer: { key, algorithm } });
    return Object.freeze({ kind: 'accepted', claims, key, algorithm, expiresAtMs: times.expiresAtMs });
  };
}

function checkHeader(fields: Claims, rules: JwtRules): JwtHeader | JwtRefusal {
  const [alg, kid, typ] = ['alg', 'kid', 'typ'].map((name) => readClaim(fields, [name]));
  if (typeof alg !== 'string' || !rules.algorithms.includes(alg))
    return refuseJwt(
      'The token is signed with another algorithm.',
      `alg is ${showClaim(alg)}, expected ${rules.algorithms.join(', ')}`,
    );
  if (kid !== undefined && typeof kid !== 'string')
    return refuseJwt('The token is malformed.', `kid is ${showClaim(kid)}, expected a text`);
  // Extensions that have to be understood (RFC 7515 section 4.1.11); none is.
  if (Object.hasOwn(fields, 'crit') || Object.hasOwn(fields, 'b64'))
    return refuseJwt('The token has extensions that are not supported.', 'the header has crit or b64');
  return checkType(typ, rules) ?? { kind: 'header', algorithm: alg, keyId: kid };
}

type Jose = typeof JoseModule;

interface SignedToken {
  readonly token: string;
  readonly algorithm: string;
  readonly keys: readonly VerificationKey[];
}

async function findSigner(
  { compactVerify, errors }: Jose,
  { token, algorithm, keys }: SignedToken,
): Promise<VerificationKey | undefined> {
  for (const key of keys) {
    try {
      await compactVerify(token, key.key, { algorithms: [algorithm] });
      return key;
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
    }
  }
  return undefined;
}

function refuseSignature({ algorithm, keyId }: JwtHeader, keys: readonly VerificationKey[]): JwtRefusal {
  const named = keyId === undefined ? 'without kid' : `kid ${showClaim(keyId)}`;
  return keys.length === 0
    ? refuseJwt('The token is signed with an unknown key.', `no key for ${algorithm}, ${named}`)
    : refuseJwt('The signature of the token is not valid.', `signature of ${algorithm}, ${named}`);
}
