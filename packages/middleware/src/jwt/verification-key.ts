import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { secretAlgorithms, signatureAlgorithmsOf } from '../base/signing-key.ts';

/** A key for verifying signatures. */
export interface VerificationKey {
  /** `kid`; undefined for a key without one. */
  readonly id: string | undefined;
  readonly algorithms: readonly string[];
  readonly key: KeyObject;
  /** Shared by all tokens that it verified; false once the key is withdrawn. */
  readonly trust: { isCurrent: boolean };
}

/** The reason why a key is unusable, in words that do not quote it. */
export interface KeyProblem {
  readonly kind: 'problem';
  readonly text: string;
}

const problem = (text: string): KeyProblem => ({ kind: 'problem', text });

export const createVerificationKey = (
  key: KeyObject,
  algorithms: readonly string[],
  id?: string,
): VerificationKey => Object.freeze({ id, algorithms, key, trust: { isCurrent: true } });

export const createSecretVerificationKey = (secret: Buffer): VerificationKey =>
  createVerificationKey(createSecretKey(secret), secretAlgorithms);

/** Reads a public key or a certificate in PEM text. */
export function readPublicKey(pem: string): VerificationKey | KeyProblem {
  // `createPublicKey` would accept a private key, which must not be in this place.
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(pem)) return problem('is a private key');
  try {
    return fromKeyObject(createPublicKey(pem), undefined);
  } catch {
    return problem('expected a public key or a certificate as PEM');
  }
}

/** Reads a member of a JWK Set (RFC 7517 section 4). Keys for encryption, symmetric keys and weak ones are refused. */
export function readJwk(jwk: unknown): VerificationKey | KeyProblem {
  if (typeof jwk !== 'object' || jwk === null || Array.isArray(jwk)) return problem('is not an object');
  const { kty, kid, use, key_ops: operations, alg, d } = jwk as Record<string, unknown>;
  if (kid !== undefined && typeof kid !== 'string') return problem('kid is not a string');
  if (kty === 'oct') return problem('is a symmetric key');
  if (d !== undefined) return problem('is a private key');
  if (use !== undefined && use !== 'sig') return problem('use is not sig');
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify')))
    return problem('key_ops does not have verify');
  try {
    const key = fromKeyObject(createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' }), kid);
    if ('kind' in key || alg === undefined) return key;
    return typeof alg === 'string' && key.algorithms.includes(alg)
      ? createVerificationKey(key.key, [alg], kid)
      : problem('alg does not match the key');
  } catch {
    return problem('is malformed, or of an unsupported type');
  }
}

function fromKeyObject(key: KeyObject, id: string | undefined): VerificationKey | KeyProblem {
  const algorithms = signatureAlgorithmsOf(key);
  const exponent = key.asymmetricKeyDetails?.publicExponent ?? 65_537n;
  if (algorithms.length === 0 || exponent < 3n || exponent % 2n === 0n)
    return problem('expected RSA of 2048 bits or more, P-256, P-384, P-521 or Ed25519');
  return createVerificationKey(key, algorithms, id);
}
