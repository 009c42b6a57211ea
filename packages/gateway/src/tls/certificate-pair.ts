import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

/** A certificate with its private key. */
export interface CertificatePair {
  /** PEM, leaf first. */
  readonly cert: string | Buffer;
  /** PEM. */
  readonly key: string | Buffer;
  /** File or Kubernetes Secret of the certificate; undefined: its text is in the configuration. */
  readonly origin?: string | undefined;
}

/** The reason why a certificate and a key cannot be used together. */
export type PairFault = 'no_certificate' | 'no_key' | 'mismatch';

/** The problem of a certificate and its key; undefined: none. */
export function findPairFault({ cert, key }: CertificatePair): PairFault | undefined {
  const certificate = readCertificate(cert);
  if (certificate === undefined) return 'no_certificate';
  const privateKey = attempt(() => createPrivateKey(key));
  if (privateKey === undefined) return 'no_key';
  return certificate.checkPrivateKey(privateKey) ? undefined : 'mismatch';
}

/** Whether a text in PEM begins with a certificate. */
export const isCertificate = (pem: string): boolean => readCertificate(pem) !== undefined;

/** PEM only, as TLS requires; X509Certificate would also read DER. */
const readCertificate = (pem: string | Buffer): X509Certificate | undefined =>
  pem.includes('-----BEGIN') ? attempt(() => new X509Certificate(pem)) : undefined;

function attempt<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch {
    return undefined;
  }
}

/** @throws when there is no certificate, or when one of them is invalid for TLS. */
export function assertUsable(pairs: readonly CertificatePair[]): void {
  if (pairs.length === 0) throw new Error('a TLS entry point requires at least one certificate');
  for (const { cert, key } of pairs) createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
}
