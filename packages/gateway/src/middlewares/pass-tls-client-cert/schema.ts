import { z } from 'zod';

const flag = (text: string) => z.boolean().default(false).describe(text);

const name = {
  country: flag('`C`'),
  province: flag('`ST`'),
  locality: flag('`L`'),
  organization: flag('`O`'),
  commonName: flag('`CN`'),
  serialNumber: flag('`SN`: the serial number within the name.'),
  domainComponent: flag('`DC`'),
};

export const passTlsClientCertSchema = z.strictObject({
  pem: flag(
    'Sends the certificates of the caller in `X-Forwarded-Tls-Client-Cert`: Base64 without PEM lines, joined by `,`.',
  ),
  info: z
    .strictObject({
      notAfter: flag('`NA`: end of validity, in seconds since 1970.'),
      notBefore: flag('`NB`: start of validity, in seconds since 1970.'),
      sans: flag('`SAN`: alternative names.'),
      serialNumber: flag('`SerialNumber`, in decimal.'),
      subject: z
        .strictObject({ ...name, organizationalUnit: flag('`OU`') })
        .optional()
        .describe('`Subject`: parts of the name of the caller.'),
      issuer: z.strictObject(name).optional().describe('`Issuer`: parts of the name of the authority.'),
    })
    .optional()
    .describe(
      'Sends information about the certificates in `X-Forwarded-Tls-Client-Cert-Info`, percent-encoded: fields are joined by `;`, certificates by `,`.',
    ),
});

export type PassTlsClientCertOptions = z.output<typeof passTlsClientCertSchema>;
export type CertificateInfo = NonNullable<PassTlsClientCertOptions['info']>;
