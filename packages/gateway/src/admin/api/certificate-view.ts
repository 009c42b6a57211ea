import type { PresentedCertificate } from '../../tls/presented-certificates.ts';
import { toTime } from './overview.ts';
import type { CertificateView } from './certificate-shape.ts';

const dayMs = 24 * 3600 * 1000;
/** A renewal that works would have replaced it by then. */
const warningMs = 14 * dayMs;

/** @param now milliseconds since the epoch. */
export function toCertificateView(
  { entryPoint, commonName, names, issuer, serial, notBefore, notAfter }: PresentedCertificate,
  now: number,
): CertificateView {
  const leftMs = notAfter - now;
  return {
    commonName,
    names: [...names],
    entryPoint: entryPoint === '' ? null : entryPoint,
    issuer,
    serial,
    notBefore: toTime(notBefore),
    notAfter: toTime(notAfter),
    daysLeft: Math.floor(leftMs / dayMs),
    status: leftMs <= 0 || notBefore > now ? 'invalid' : leftMs < warningMs ? 'expiring' : 'valid',
  };
}
