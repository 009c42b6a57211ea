import { createSecureContext } from 'node:tls';
import type { z } from 'zod';
import type { AuthorizationServerTls } from './options.ts';
import type { Report } from './report.ts';
import { isText, toSecret, toText } from './secret-schema.ts';
import type { tlsFields, TlsInput } from './tls-schema.ts';

/** The server to which the TLS options apply. */
interface TlsOwner {
  /** Path of the options. */
  readonly path: readonly string[];
  /** Name with which the option `ca` was written. */
  readonly caName: string;
  readonly peer: string;
}

/** Problems of TLS options that types do not express. */
export function checkTls(tls: TlsInput, { path, caName, peer }: TlsOwner, report: Report): void {
  const { ca, cert, key } = tls;
  if ((cert === undefined) !== (key === undefined)) {
    const [present, absent] = cert === undefined ? ['key', 'cert'] : ['cert', 'key'];
    report('error', [...path, present], 'missing_option', `${absent} is missing: cert and key go together`);
  }
  const usable = (name: string, make: () => void, expected: string): void => {
    try {
      make();
    } catch {
      report('error', [...path, name], 'invalid_value', expected);
    }
  };
  // createSecureContext silently ignores a `ca` without any certificate.
  if (isText(ca) && !toText(ca).includes('-----BEGIN'))
    report('error', [...path, caName], 'invalid_value', 'expected PEM certificates');
  else if (isText(ca))
    usable(caName, () => createSecureContext({ ca: toText(ca) }), 'expected PEM certificates');
  if (isText(cert))
    usable('cert', () => createSecureContext({ cert: toText(cert) }), 'expected a PEM certificate');
  if (isText(cert) && isText(key)) {
    usable(
      'key',
      () => createSecureContext({ cert: toText(cert), key: toText(key) }),
      'expected the PEM private key of cert, not encrypted',
    );
  }
  if (tls.insecureSkipVerify === true) {
    report(
      'warning',
      [...path, 'insecureSkipVerify'],
      'insecure',
      `any server can pose as ${peer}: set its CA in ca instead`,
    );
  }
}

/** The options, after `checkTls` found no problem. */
export const toAuthorizationServerTls = ({
  ca,
  cert,
  key,
  insecureSkipVerify,
}: z.output<z.ZodObject<typeof tlsFields>>): AuthorizationServerTls =>
  Object.freeze({
    ca: ca === undefined ? undefined : toText(ca),
    cert: cert === undefined ? undefined : toText(cert),
    key: key === undefined ? undefined : toSecret(key),
    insecureSkipVerify,
  });
