import { X509Certificate } from 'node:crypto';
import type { CertificatePair } from './certificate-pair.ts';

/** A certificate that an entry point presents, without its key. */
export interface PresentedCertificate {
  /** Empty for certificates of the routes, which every entry point with TLS presents. */
  readonly entryPoint: string;
  /** Common name of its subject; may be empty. */
  readonly commonName: string;
  /** Host names and addresses in the certificate. */
  readonly names: readonly string[];
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serial: string;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  /** Milliseconds since the epoch. */
  readonly notAfter: number;
}

/** The certificates that a gateway presents. They are parsed on demand. */
export interface PresentedCertificates {
  /** @param entryPoint empty for those of the routes. */
  readonly set: (entryPoint: string, pairs: readonly Pick<CertificatePair, 'cert'>[]) => void;
  /** Sorted by expiry; a certificate that an entry point has twice is listed once. */
  list(): readonly PresentedCertificate[];
}

type CertificateFacts = Omit<PresentedCertificate, 'entryPoint'>;

export function createPresentedCertificates(): PresentedCertificates {
  const current = new Map<string, readonly Pick<CertificatePair, 'cert'>[]>();
  // A reload keeps the object of an unchanged certificate.
  const facts = new WeakMap<object, CertificateFacts>();
  const read = (pair: Pick<CertificatePair, 'cert'>): CertificateFacts => {
    const known = facts.get(pair) ?? toFacts(pair);
    facts.set(pair, known);
    return known;
  };
  return {
    set: (entryPoint, pairs) => void current.set(entryPoint, pairs),
    list() {
      const distinct = new Map<string, PresentedCertificate>();
      for (const [entryPoint, pairs] of current)
        for (const pair of pairs) {
          const certificate = read(pair);
          const key = JSON.stringify([entryPoint, certificate.commonName, certificate.serial]);
          distinct.set(key, { entryPoint, ...certificate });
        }
      return [...distinct.values()].sort((a, b) => a.notAfter - b.notAfter);
    },
  };
}

function toFacts({ cert }: Pick<CertificatePair, 'cert'>): CertificateFacts {
  const {
    subject,
    issuer,
    subjectAltName = '',
    serialNumber,
    validFrom,
    validTo,
  } = new X509Certificate(cert);
  const commonName = toCommonName(subject);
  const names = Array.from(subjectAltName.matchAll(/(?:DNS|IP Address):([^,]+)/g), ([, name = '']) => name);
  return {
    commonName,
    names,
    issuer: toCommonName(issuer) || issuer.replaceAll('\n', ', '),
    serial: serialNumber,
    notBefore: Date.parse(validFrom),
    notAfter: Date.parse(validTo),
  };
}

const toCommonName = (name: string): string => /^CN=(.*)$/m.exec(name)?.[1] ?? '';
