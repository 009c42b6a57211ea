import { z } from 'zod';
import { clientAuthentications } from '../base/client-auth-method.ts';
import { duration } from './duration.ts';
import { secret, secretText } from './secret-schema.ts';

export const clientAuthenticationSchema = z
  .enum(clientAuthentications, { error: `expected one of ${clientAuthentications.join(', ')}` })
  .default('auto')
  .describe(
    'Client authentication. `auto`: `client_secret_basic` or `client_secret_post`, whichever the server accepts.',
  );

export const assertionSchema = z.strictObject({
  key: secret.optional().describe('Private key of `private_key_jwt`: PEM, or a JWK as JSON.'),
  certificate: secretText
    .optional()
    .describe(
      'PEM certificate of `key`: `x5t` and `x5t#S256` of the assertion, which Entra ID requires. Default: the certificate that the PEM text of `key` contains, if any.',
    ),
  keyID: z.string().min(1).optional().describe("`kid` of the assertion; default: the JWK's."),
  algorithm: z
    .string()
    .min(1)
    .optional()
    .describe(
      '`alg` of the assertion; default: the algorithm of the key, `RS256` for RSA, `HS256` for a secret.',
    ),
  audience: z
    .string()
    .min(1)
    .optional()
    .describe('`aud` of the assertion; default: the URL of the token endpoint.'),
  lifetime: duration
    .refine((ms) => ms >= 1000 && ms <= 3_600_000, { error: 'expected a duration from 1s to 1h' })
    .default(60_000)
    .describe('Validity of an assertion.'),
  file: z
    .string()
    .min(1)
    .optional()
    .describe('Absolute path of the JWT that `assertion_file` sends; read for each token request.'),
});

/** `clientConfig.assertion` as a user writes it. */
export type AssertionInput = z.input<typeof assertionSchema>;
export type AssertionShape = z.output<typeof assertionSchema>;
