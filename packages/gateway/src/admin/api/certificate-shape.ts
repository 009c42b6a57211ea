import { z } from 'zod';

/** A certificate in the API. */
export const certificateShape = z.strictObject({
  commonName: z.string(),
  names: z.array(z.string()).describe('Host names and addresses that it is valid for.'),
  entryPoint: z.string().nullable().describe('Null: of the routes, for every entry point with TLS.'),
  issuer: z.string(),
  serial: z.string(),
  notBefore: z.iso.datetime(),
  notAfter: z.iso.datetime(),
  daysLeft: z.int().describe('Whole days until it expires; negative after that.'),
  status: z.enum(['valid', 'expiring', 'invalid']).describe('`expiring`: within 14 days.'),
});

export type CertificateView = z.output<typeof certificateShape>;
