import type { PresentedCertificate } from '../../tls/presented-certificates.ts';
import type { CertificateView } from './certificate-shape.ts';
import { toCertificateStatus } from './certificate-status.ts';
import { toTime } from './to-time.ts';

const dayMs = 24 * 3600 * 1000;

/** @param parts.tlsEntryPoints entry points that present the certificates of routes. @param parts.now milliseconds since the epoch. */
export function toCertificateView(
  certificate: PresentedCertificate,
  { tlsEntryPoints, now }: { readonly tlsEntryPoints: readonly string[]; readonly now: number },
): CertificateView {
  const { entryPoint, origin, commonName, names, issuer, serial, notBefore, notAfter } = certificate;
  return {
    commonName,
    names: [...names],
    entryPoints: entryPoint === '' ? [...tlsEntryPoints] : [entryPoint],
    origin: origin ?? null,
    issuer,
    serial,
    notBefore: toTime(notBefore),
    notAfter: toTime(notAfter),
    daysLeft: Math.floor((notAfter - now) / dayMs),
    status: toCertificateStatus(certificate, now),
  };
}
