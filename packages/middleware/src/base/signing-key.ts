import { createPrivateKey, X509Certificate, type JsonWebKey, type KeyObject } from 'node:crypto';

/** A private key that signs JWTs, with its possible algorithms (RFC 7518 section 3.1, RFC 8037). */
export interface SigningKey {
  readonly key: KeyObject;
  /** The first is the default. */
  readonly algorithms: readonly string[];
  /** `kid` of a JWK. */
  readonly keyId: string | undefined;
}

const ecAlgorithms: Readonly<Record<string, 'ES256' | 'ES384' | 'ES512'>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};
const rsaAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'] as const;
/** RFC 7518 section 3.3. */
const minRsaBits = 2048;

/** Reads a private key: PEM (PKCS #8, PKCS #1 or SEC 1, not encrypted) or a JWK (RFC 7517). Undefined when it is neither, or cannot sign. */
export function parseSigningKey(text: string): SigningKey | undefined {
  try {
    const jwk = text.trimStart().startsWith('{') ? (JSON.parse(text) as JsonWebKey) : undefined;
    const key = createPrivateKey(jwk === undefined ? text : { key: jwk, format: 'jwk' });
    const fitting = signatureAlgorithmsOf(key);
    const named = typeof jwk?.['alg'] === 'string' ? jwk['alg'] : undefined;
    const algorithms = named === undefined ? fitting : fitting.filter((algorithm) => algorithm === named);
    const keyId = typeof jwk?.['kid'] === 'string' ? jwk['kid'] : undefined;
    return algorithms.length === 0 ? undefined : { key, algorithms, keyId };
  } catch {
    return undefined;
  }
}

/** Thumbprints of a certificate, as members of a JWS header (RFC 7515 sections 4.1.7 and 4.1.8). */
export interface Thumbprints {
  readonly x5t: string;
  readonly 'x5t#S256': string;
}

/**
 * Finds the certificate of a private key in PEM text.
 *
 * @returns `none` without any certificate, `other` when none of them matches the key or can be read.
 */
export function findThumbprints(pem: string, key: KeyObject): Thumbprints | 'none' | 'other' {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (certificates.length === 0) return 'none';
  try {
    const own = certificates.map((text) => new X509Certificate(text)).find((one) => one.checkPrivateKey(key));
    if (own === undefined) return 'other';
    const toBase64url = (hex: string): string =>
      Buffer.from(hex.replaceAll(':', ''), 'hex').toString('base64url');
    return { x5t: toBase64url(own.fingerprint), 'x5t#S256': toBase64url(own.fingerprint256) };
  } catch {
    return 'other';
  }
}

/** Algorithms of signatures with a private or public key; empty for a key that is too weak or of another type. */
export function signatureAlgorithmsOf({
  asymmetricKeyType,
  asymmetricKeyDetails,
}: KeyObject): readonly string[] {
  switch (asymmetricKeyType) {
    case 'rsa':
      return (asymmetricKeyDetails?.modulusLength ?? 0) >= minRsaBits ? rsaAlgorithms : [];
    case 'ec': {
      const algorithm = ecAlgorithms[asymmetricKeyDetails?.namedCurve ?? ''];
      return algorithm === undefined ? [] : [algorithm];
    }
    case 'ed25519':
      return ['EdDSA', 'Ed25519'];
    default:
      return [];
  }
}

/** Algorithms that sign with a client secret. */
export const secretAlgorithms = ['HS256', 'HS384', 'HS512'] as const;

/** Algorithms that sign with a private key (RFC 7518 section 3.1, RFC 8037, RFC 9864). */
export const asymmetricAlgorithms = [
  ...rsaAlgorithms,
  ...Object.values(ecAlgorithms),
  'EdDSA',
  'Ed25519',
] as const;
