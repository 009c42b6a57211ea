import { X509Certificate } from 'node:crypto';
import type { CertificatePair } from './certificate-pair.ts';

/** Certificates by the name that a caller requests (SNI, RFC 6066 section 3). */
export interface CertificateIndex {
  /** Finds the certificate for an exact name, otherwise the one for the wildcard above it. */
  find(serverName: string): CertificatePair | undefined;
}

/** If two certificates have the same name, the first one is used. */
export function createCertificateIndex(pairs: readonly CertificatePair[]): CertificateIndex {
  const byName = new Map<string, CertificatePair>();
  for (const pair of pairs)
    for (const name of namesOf(new X509Certificate(pair.cert))) if (!byName.has(name)) byName.set(name, pair);
  return { find: (serverName) => findByName(byName, serverName) };
}

/** Key for a host name in lower case, or for the wildcard above it. */
export function findByName<T>(byName: ReadonlyMap<string, T>, serverName: string): T | undefined {
  const name = serverName.toLowerCase();
  const dot = name.indexOf('.');
  return byName.get(name) ?? (dot > 0 ? byName.get(`*${name.slice(dot)}`) : undefined);
}

function namesOf(certificate: X509Certificate): string[] {
  const alternatives = certificate.subjectAltName?.split(', ') ?? [];
  const names = alternatives.filter((name) => name.startsWith('DNS:')).map((name) => name.slice(4));
  // The common name is used only if there are no alternative names (RFC 6125 section 6.4.4).
  const common = names.length > 0 ? undefined : /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  return (common === undefined ? names : [common]).map((name) => name.toLowerCase());
}
