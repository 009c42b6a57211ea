import { z } from 'zod';
import { asymmetricAlgorithms } from '../base/signing-key.ts';
import { duration } from './duration.ts';
import { secret, secretText } from './secret-schema.ts';

const texts = z.union([z.string().min(1), z.array(z.string().min(1))], {
  error: 'expected a text or a list of texts',
});

const issuers = texts.optional();

/** How the signature of a token from the authorization server is verified. */
export const verifySchema = z
  .strictObject({
    jwksUrl: z
      .string()
      .min(1)
      .optional()
      .describe('URL of the JWK Set: `https`, or `http` with a warning unless it is loopback.'),
    issuer: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Instead of `jwksUrl`: issuer identifier, exactly as the server spells it; its metadata name the keys, and it is the only accepted `iss` unless `issuers` is given.',
      ),
    issuers: issuers.describe('Accepted values of `iss`. Default: `issuer`.'),
    audience: texts
      .optional()
      .describe(
        'Values of `aud`, one of which the token must have. Default: `audience` of the token request.',
      ),
    algorithms: z
      .array(z.enum(asymmetricAlgorithms, { error: `expected one of ${asymmetricAlgorithms.join(', ')}` }))
      .min(1, { error: 'expected one or more algorithms' })
      .optional()
      .describe('Accepted values of `alg`. Default: every asymmetric one.'),
    clockSkew: duration
      .refine((ms) => ms <= 600_000, { error: 'expected a duration up to 10m' })
      .prefault('30s')
      .describe('Time that the clocks of the issuer and of this machine may differ.'),
    type: z.string().min(1).optional().describe('`typ` that the token must have, such as `at+jwt`.'),
  })
  .describe(
    'Verifies each token once, before its claims decide. Without it, the claims are those that came over the connection to the token endpoint.',
  );

/** How an opaque token from the authorization server is introspected. */
export const ownIntrospectionSchema = z
  .strictObject({
    url: z
      .string()
      .min(1)
      .describe('Introspection endpoint: `https`, or `http` with a warning unless it is loopback.'),
    clientID: secretText
      .optional()
      .describe('Client that introspects. Default: `clientID` of the middleware, with its secret.'),
    clientSecret: secret.optional().describe('Its secret.'),
    tokenTypeHint: z.string().min(1).optional().describe('Sent as `token_type_hint`.'),
    audience: texts.optional().describe('Values of `aud`, one of which the response must have.'),
    issuers: issuers.describe('Accepted values of `iss`, which the response must have.'),
  })
  .describe(
    'Introspects each token once (RFC 7662): its claims are those of the response. For opaque tokens; excludes `verify`.',
  );
