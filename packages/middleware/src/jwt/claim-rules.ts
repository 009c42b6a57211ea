import { JsonNumber, type Claims, type JsonValue } from '../claims/claims.ts';
import { readClaim } from '../claims/path.ts';
import { refuseJwt, showClaim, type JwtRefusal } from './jwt-refusal.ts';
import type { JwtOptions } from './schema.ts';

/** The `typ` that a header must have. */
export type TypeRule = Pick<JwtOptions, 'type'>;
export type PartyRules = Pick<JwtOptions, 'issuers' | 'audience'>;
export type ClaimRules = TypeRule & PartyRules & Pick<JwtOptions, 'clockSkewMs'>;

/** The times of an accepted token. */
export interface JwtTimes {
  readonly kind: 'times';
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** Types of an access token when none is required; explicit types of other JWTs are refused (RFC 8725 section 3.11). */
const usualTypes: ReadonlySet<string> = new Set(['jwt', 'at+jwt']);

/** The prefix `application/` is optional, and letter case does not count (RFC 7515 section 4.1.9). */
const normalizeType = (type: string): string => type.toLowerCase().replace(/^application\//, '');

/** Whether the header's `typ` is that of an access token. */
export function checkType(typ: JsonValue | undefined, { type }: TypeRule): JwtRefusal | undefined {
  const found = typeof typ === 'string' ? normalizeType(typ) : undefined;
  const isRight =
    type === undefined
      ? typ === undefined || (found !== undefined && usualTypes.has(found))
      : found === normalizeType(type);
  return isRight
    ? undefined
    : refuseJwt(
        'The token is of another type.',
        `typ is ${showClaim(typ)}, expected ${type ?? 'JWT or at+jwt'}`,
      );
}

/** Claims that RFC 9068 section 2.2 requires of an access token, besides those that are always checked. */
const accessTokenClaims = ['iss', 'aud', 'sub', 'client_id', 'iat', 'jti'];

/** Checks the registered claims (RFC 7519 section 4.1) of a token with a valid signature. @param nowMs milliseconds since the epoch. */
export function checkClaimsSet(claims: Claims, rules: ClaimRules, nowMs: number): JwtTimes | JwtRefusal {
  return (
    checkIssuer(claims, rules) ??
    checkAudience(claims, rules) ??
    checkPurpose(claims, rules) ??
    checkTimes(claims, rules, nowMs)
  );
}

/** Checks issuer and audience of a JWT. */
export const checkParties = (claims: Claims, rules: PartyRules): JwtRefusal | undefined =>
  checkIssuer(claims, rules) ?? checkAudience(claims, rules);

/** One of the checks of registered claims. */
export interface ClaimCheck {
  readonly name: 'issuer' | 'audience' | 'purpose' | 'times';
  /** Undefined: the claims pass. */
  readonly refusal: JwtRefusal | undefined;
}

/** As `checkClaimsSet`, with a result for each check: for explanations. */
export function explainClaimsSet(claims: Claims, rules: ClaimRules, nowMs: number): readonly ClaimCheck[] {
  const times = checkTimes(claims, rules, nowMs);
  return [
    { name: 'issuer', refusal: checkIssuer(claims, rules) },
    { name: 'audience', refusal: checkAudience(claims, rules) },
    { name: 'purpose', refusal: checkPurpose(claims, rules) },
    { name: 'times', refusal: times.kind === 'refused' ? times : undefined },
  ];
}

function checkIssuer(claims: Claims, { issuers }: PartyRules): JwtRefusal | undefined {
  const iss = own(claims, 'iss');
  if (issuers.length === 0 || (typeof iss === 'string' && issuers.includes(iss))) return undefined;
  return refuseJwt(
    'The token is from another issuer.',
    `iss is ${showClaim(iss)}, expected ${issuers.map(showClaim).join(' or ')}`,
  );
}

function checkAudience(claims: Claims, { audience }: PartyRules): JwtRefusal | undefined {
  const aud = own(claims, 'aud');
  const values: readonly JsonValue[] = Array.isArray(aud) ? (aud as readonly JsonValue[]) : [aud ?? null];
  if (audience.length === 0 || values.some((one) => typeof one === 'string' && audience.includes(one)))
    return undefined;
  return refuseJwt(
    'The token is for another audience.',
    `aud is ${showClaim(aud)}, expected ${audience.map(showClaim).join(' or ')}`,
  );
}

/** Payload types of Keycloak that are not access tokens. */
const otherPurposes: ReadonlySet<string> = new Set(['ID', 'Refresh', 'Offline', 'Logout']);
/** Claims that only ID tokens have (OpenID Connect Core 1.0 sections 3.1.3.6 and 3.3.2.11). */
const idTokenClaims = ['at_hash', 'c_hash', 's_hash'];
/** Claims about a client's permissions, which ID tokens do not have. */
const grantClaims = ['scope', 'scp', 'client_id', 'cid', 'roles'];

function checkPurpose(claims: Claims, { type }: ClaimRules): JwtRefusal | undefined {
  const refuse = (reason: string): JwtRefusal =>
    refuseJwt('The token is not an access token.', `${reason}, so it is not an access token`);
  const typ = own(claims, 'typ');
  if (typeof typ === 'string' && otherPurposes.has(typ)) return refuse(`the claim typ is "${typ}"`);
  const mark = idTokenClaims.find((name) => Object.hasOwn(claims, name));
  if (mark !== undefined) return refuse(`it has ${mark}, a claim of ID tokens`);
  if (Object.hasOwn(claims, 'nonce') && !grantClaims.some((name) => Object.hasOwn(claims, name)))
    return refuse('it has nonce, and no claim about what a client may do');
  // Back-channel logout tokens and security events (RFC 8417).
  if (Object.hasOwn(claims, 'events')) return refuse('it has events, a claim of security events');
  if (type === undefined || normalizeType(type) !== 'at+jwt') return undefined;
  const missing = accessTokenClaims.find((name) => !Object.hasOwn(claims, name));
  return missing === undefined
    ? undefined
    : refuse(`${missing} is missing, which RFC 9068 section 2.2 requires`);
}

function checkTimes(
  claims: Claims,
  { clockSkewMs }: ClaimRules,
  nowMs: number,
): JwtTimes | JwtRefusal {
  const [exp, nbf, iat] = ['exp', 'nbf', 'iat'].map((name) => readTime(claims, name));
  const invalid = [exp, nbf, iat].find((time) => time?.kind === 'invalid');
  if (invalid !== undefined)
    return refuseJwt('The token has an invalid time.', `${invalid.name} is ${invalid.shown}, expected a number`);
  const at = (time: ClaimTime | undefined): number | undefined => (time?.kind === 'time' ? time.ms : undefined);
  const [expMs, nbfMs, iatMs] = [at(exp), at(nbf), at(iat)];
  const distance = (ms: number): string => `${Math.round(Math.abs(ms - nowMs) / 1000)} s`;
  if (expMs === undefined)
    return refuseJwt('The token never expires.', 'exp is missing: a token without it would be valid indefinitely');
  if (nowMs >= expMs + clockSkewMs) return refuseJwt('The token has expired.', `exp was ${distance(expMs)} ago`);
  if (nbfMs !== undefined && nowMs < nbfMs - clockSkewMs)
    return refuseJwt('The token is not valid yet.', `nbf is ${distance(nbfMs)} ahead`);
  if (iatMs !== undefined && nowMs < iatMs - clockSkewMs)
    return refuseJwt('The token was issued in the future.', `iat is ${distance(iatMs)} ahead`);
  return { kind: 'times', expiresAtMs: expMs };
} // prettier-ignore

type ClaimTime =
  | { readonly kind: 'time'; readonly ms: number }
  | { readonly kind: 'invalid'; readonly name: string; readonly shown: string };

/** Milliseconds since the epoch of a NumericDate (RFC 7519 section 2). */
export function readTime(claims: Claims, name: string): ClaimTime | undefined {
  const value = own(claims, name);
  if (value === undefined) return undefined;
  const ms = value instanceof JsonNumber ? Number(value.text) * 1000 : NaN;
  return Number.isFinite(ms) ? { kind: 'time', ms } : { kind: 'invalid', name, shown: showClaim(value) };
}

const own = (claims: Claims, name: string): JsonValue | undefined => readClaim(claims, [name]);
