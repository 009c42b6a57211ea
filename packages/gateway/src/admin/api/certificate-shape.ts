import { z } from 'zod';

/** A certificate in the API. */
export const certificateShape = z.strictObject({
  commonName: z.string(),
  names: z
    .array(z.string())
    .describe('Host names and addresses for which it is valid; SNI selects it by one of them.'),
  entryPoints: z.array(z.string()).describe('Entry points that present it.'),
  origin: z.string().nullable().describe('File or Kubernetes Secret; null: written in the configuration.'),
  issuer: z.string(),
  serial: z.string(),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  daysLeft: z.int().describe('Whole days until it expires; negative after that.'),
  status: z.enum(['valid', 'expiring', 'invalid']).describe('`expiring`: within 14 days.'),
});

export type CertificateView = z.output<typeof certificateShape>;
