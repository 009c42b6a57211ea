import { z } from 'zod';
import { secret, secretText } from './secret-schema.ts';

/** TLS options of connections to a server; each user describes its `ca` itself. */
export const tlsFields = {
  ca: secretText.optional(),
  cert: secretText.optional().describe('PEM client certificate; together with `key`.'),
  key: secret.optional().describe('PEM private key; together with `cert`.'),
  insecureSkipVerify: z.boolean().default(false).describe('Accepts any server certificate; warns at load.'),
};

/** The same as a user writes them. */
export type TlsInput = z.input<z.ZodObject<typeof tlsFields>>;
