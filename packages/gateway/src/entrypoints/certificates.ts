import { createSecureContext } from 'node:tls';
import type { CertificatePair } from '../tls/certificate-pair.ts';

/** @throws when there is none, or when one of them is invalid for TLS. */
export function assertUsable(pairs: readonly CertificatePair[]): void {
  if (pairs.length === 0) throw new Error('a TLS entry point requires at least one certificate');
  for (const { cert, key } of pairs) createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
}
