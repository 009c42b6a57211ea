import { z } from 'zod';
import { clientAuthTypes, tlsVersions } from '../../config/dynamic.ts';

const pem = z.string().min(1);
const version = (text: string) => z.enum(tlsVersions).optional().describe(text);

/** A certificate with its key. */
export const certificateSchema = z.strictObject({
  certFile: pem.describe('Certificate with its chain: a PEM file, or the PEM text itself.'),
  keyFile: pem.describe('Unencrypted private key: a PEM file, or the PEM text itself.'),
});

/** `tls.certificates[]` */
export const storedCertificateSchema = z.strictObject({
  ...certificateSchema.shape,
  stores: z
    .array(z.string())
    .default([])
    .describe('Names of stores; only certificates of the store `default` are used, as in Traefik.'),
});

/** `tls.stores.NAME` */
export const storeSchema = z.strictObject({
  defaultCertificate: certificateSchema
    .optional()
    .describe('Certificate for names that no other certificate covers. Default: a self-signed certificate.'),
});

/** Fields that files and Kubernetes objects share. */
export const optionsShape = {
  minVersion: version('Oldest version. Default: `VersionTLS12`.'),
  maxVersion: version('Newest version. Default: any.'),
  cipherSuites: z
    .array(z.string())
    .optional()
    .describe("Cipher suites of TLS 1.2 and older, in Go's names. Default: those of Node.js."),
  curvePreferences: z
    .array(z.string())
    .optional()
    .describe("Curves of the key exchange, in Go's names, in order. Default: those of Node.js."),
  sniStrict: z.boolean().default(false).describe('Refuses connections for names that no certificate covers.'),
  alpnProtocols: z
    .array(z.string())
    .optional()
    .describe(
      'Protocols that are offered, in order of preference: `h2`, `http/1.1`. Default: both. Others are not served.',
    ),
  disableSessionTickets: z.boolean().default(false).describe('Does not resume sessions with tickets.'),
};

export const clientAuthTypeSchema = z
  .enum(clientAuthTypes)
  .optional()
  .describe(
    'Whether callers must present a certificate, and whether it is verified. Default: `RequireAndVerifyClientCert` with certificates of authorities, `NoClientCert` without.',
  );

/** `tls.options.NAME` */
export const tlsOptionsSchema = z.strictObject({
  ...optionsShape,
  clientAuth: z
    .strictObject({
      caFiles: z
        .array(pem)
        .default([])
        .describe('Certificates of authorities: PEM files, or the PEM text itself.'),
      clientAuthType: clientAuthTypeSchema,
    })
    .prefault({})
    .describe('Certificates of callers (mutual TLS).'),
});

/** `tls`; its entries are read one by one, so that a broken one does not affect others. */
export const tlsSchema = z.strictObject({
  certificates: z.array(z.unknown()).default([]),
  stores: z.record(z.string(), z.unknown()).default({}),
  options: z.record(z.string(), z.unknown()).default({}),
});
