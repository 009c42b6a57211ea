import { X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext } from 'node:tls';

export interface CertificatePair {
  /** PEM, leaf first. */
  readonly cert: string | Buffer;
  /** PEM. */
  readonly key: string | Buffer;
}

/** Certificates by the name that a caller asks for (SNI, RFC 6066 section 3). */
export interface Certificates {
  /** Exact name, then the wildcard above it, then the first certificate. */
  find(serverName: string): SecureContext;
}

/** @throws when there is none, or when a key does not belong to its certificate. */
export function createCertificates(pairs: readonly CertificatePair[]): Certificates {
  const byName = new Map<string, SecureContext>();
  let first: SecureContext | undefined;
  for (const { cert, key } of pairs) {
    const context = createSecureContext({ cert, key, minVersion: 'TLSv1.2' });
    first ??= context;
    for (const name of namesOf(new X509Certificate(cert))) if (!byName.has(name)) byName.set(name, context);
  }
  const fallback = first;
  if (fallback === undefined) throw new Error('a TLS entry point requires at least one certificate');
  return {
    find(serverName) {
      const name = serverName.toLowerCase();
      const dot = name.indexOf('.');
      return byName.get(name) ?? (dot > 0 ? byName.get(`*${name.slice(dot)}`) : undefined) ?? fallback;
    },
  };
}

function namesOf(certificate: X509Certificate): string[] {
  const alternatives = certificate.subjectAltName?.split(', ') ?? [];
  const names = alternatives.filter((name) => name.startsWith('DNS:')).map((name) => name.slice(4));
  // The common name counts only where there are no alternative names (RFC 6125 section 6.4.4).
  const common = names.length > 0 ? undefined : /^CN=(.+)$/m.exec(certificate.subject)?.[1];
  return (common === undefined ? names : [common]).map((name) => name.toLowerCase());
}
