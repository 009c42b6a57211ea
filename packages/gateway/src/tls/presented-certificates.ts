import { X509Certificate } from 'node:crypto';
import type { CertificatePair } from './certificate-pair.ts';

/** A certificate that an entry point presents, without its key. */
export interface PresentedCertificate {
  /** Empty for certificates of the routes, which every entry point with TLS presents. */
  readonly entryPoint: string;
  /** File or Kubernetes Secret; undefined: its text is in the configuration. */
  readonly origin: string | undefined;
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
  readonly set: (entryPoint: string, pairs: readonly PairWithoutKey[]) => void;
  /** Sorted by expiry; a certificate that an entry point has twice is listed once. */
  list(): readonly PresentedCertificate[];
}

type PairWithoutKey = Pick<CertificatePair, 'cert' | 'origin'>;
type CertificateFacts = Omit<PresentedCertificate, 'entryPoint'>;

/** Time before the expiry of a certificate from which it deserves attention: a renewal that works would have replaced it. */
export const expiryWarningMs = 14 * 24 * 3600 * 1000;

export function createPresentedCertificates(): PresentedCertificates {
  const current = new Map<string, readonly PairWithoutKey[]>();
  let listed: readonly PresentedCertificate[] | undefined;
  // A reload keeps the object of an unchanged certificate.
  const facts = new WeakMap<object, CertificateFacts>();
  const read = (pair: PairWithoutKey): CertificateFacts => {
    const known = facts.get(pair) ?? toFacts(pair);
    facts.set(pair, known);
    return known;
  };
  return {
    set(entryPoint, pairs) {
      current.set(entryPoint, pairs);
      listed = undefined;
    },
    list() {
      if (listed !== undefined) return listed;
      const distinct = new Map<string, PresentedCertificate>();
      for (const [entryPoint, pairs] of current)
        for (const pair of pairs) {
          const certificate = read(pair);
          const key = JSON.stringify([entryPoint, certificate.commonName, certificate.serial]);
          distinct.set(key, { entryPoint, ...certificate });
        }
      return (listed = [...distinct.values()].sort((a, b) => a.notAfter - b.notAfter));
    },
  };
}

function toFacts({ cert, origin }: PairWithoutKey): CertificateFacts {
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
    origin,
    commonName,
    names,
    issuer: toCommonName(issuer) || issuer.replaceAll('\n', ', '),
    serial: serialNumber,
    notBefore: Date.parse(validFrom),
    notAfter: Date.parse(validTo),
  };
}

const toCommonName = (name: string): string => /^CN=(.*)$/m.exec(name)?.[1] ?? '';
