import { createSecureContext } from 'node:tls';
import { z } from 'zod';
import type { Report } from './report.ts';
import { isText, secret, secretText, toText } from './secret-schema.ts';

/** TLS options of connections to a server; each kind of connection describes its own `ca`. */
export const tlsFields = {
  ca: secretText.optional(),
  cert: secretText.optional().describe('PEM client certificate; together with `key`.'),
  key: secret.optional().describe('PEM private key; together with `cert`.'),
  insecureSkipVerify: z.boolean().default(false).describe('Accepts any server certificate; warns at load.'),
};

/** The same as a user writes them. */
export type TlsInput = z.input<z.ZodObject<typeof tlsFields>>;

/** The server to which the TLS options apply. */
interface TlsOwner {
  /** Path of the options. */
  readonly path: readonly string[];
  /** Name under which the option `ca` was written. */
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
