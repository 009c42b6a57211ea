import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import {
  expiryWarningMs,
  type PresentedCertificate,
  type PresentedCertificates,
} from '../tls/presented-certificates.ts';
import type { Log } from './log.ts';

/** Logs certificates that are about to expire, and those that have expired. */
export interface CertificateLog {
  /** Called when the certificates have changed. */
  onChange(): void;
  close(): void;
}

/** Changes of several files arrive together, and parsing certificates must not delay the start. */
const settleMs = 1_000;
const dayMs = 24 * 3600 * 1000;

/** Each certificate is logged once when its last 14 days begin, and once when it expires. */
export function createCertificateLog(
  log: Log,
  clock: Clock,
  { list }: Pick<PresentedCertificates, 'list'>,
): CertificateLog {
  let timer: Timer | undefined;
  let logged: ReadonlySet<string> = new Set();
  const check = (): void => {
    const before = logged;
    const now = clock.now();
    const current = new Set<string>();
    let nextMs = dayMs;
    for (const certificate of list()) {
      const leftMs = certificate.notAfter - now;
      const untilMs = leftMs > expiryWarningMs ? leftMs - expiryWarningMs : leftMs;
      if (untilMs > 0) nextMs = Math.min(nextMs, untilMs + 1);
      if (leftMs > expiryWarningMs) continue;
      const event = leftMs > 0 ? 'certificate expires soon' : 'certificate expired';
      const key = JSON.stringify([event, certificate.entryPoint, certificate.commonName, certificate.serial]);
      current.add(key);
      if (!before.has(key)) log.warn(event, toFields(certificate, leftMs));
    }
    logged = current;
    timer = clock.after(nextMs, check);
  };
  return {
    onChange() {
      timer?.cancel();
      timer = clock.after(settleMs, check);
    },
    close: () => timer?.cancel(),
  };
}

const toFields = (
  { entryPoint, commonName, names, origin, serial, notAfter }: PresentedCertificate,
  leftMs: number,
) => ({
  commonName: commonName === '' ? names[0] : commonName,
  entryPoint: entryPoint === '' ? undefined : entryPoint,
  origin,
  serial,
  notAfter: new Date(notAfter).toISOString(),
  daysLeft: Math.floor(leftMs / dayMs),
});
