import { X509Certificate } from 'node:crypto';

/** Whether a text in PEM begins with a certificate. */
export function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return pem.includes('-----BEGIN');
  } catch {
    return false;
  }
}
