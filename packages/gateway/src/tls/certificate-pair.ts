import { createPrivateKey, X509Certificate } from 'node:crypto';

/** A certificate with its private key. */
export interface CertificatePair {
  /** PEM, leaf first. */
  readonly cert: string | Buffer;
  /** PEM. */
  readonly key: string | Buffer;
}

/** Why a certificate and a key cannot be used together. */
export type PairFault = 'no_certificate' | 'no_key' | 'mismatch';

/** What is wrong with a certificate and its key; undefined: nothing. */
export function findPairFault({ cert, key }: CertificatePair): PairFault | undefined {
  // In the encoding that TLS takes, which is not the only one of this class.
  const certificate = cert.includes('-----BEGIN') ? attempt(() => new X509Certificate(cert)) : undefined;
  if (certificate === undefined) return 'no_certificate';
  const privateKey = attempt(() => createPrivateKey(key));
  if (privateKey === undefined) return 'no_key';
  return certificate.checkPrivateKey(privateKey) ? undefined : 'mismatch';
}

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}
