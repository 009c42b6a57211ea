import { expiryWarningMs, type PresentedCertificate } from '../../tls/presented-certificates.ts';
import type { CertificateView } from './certificate-shape.ts';

/** @param now milliseconds since the epoch. */
export function toCertificateStatus(
  { notBefore, notAfter }: Pick<PresentedCertificate, 'notBefore' | 'notAfter'>,
  now: number,
): CertificateView['status'] {
  if (notAfter <= now || notBefore > now) return 'invalid';
  return notAfter - now < expiryWarningMs ? 'expiring' : 'valid';
}
