import { z } from 'zod';
import { claimsFields } from '../options/claims-schema.ts';
import { endpointConfigFields, ownClientFields } from '../options/endpoint-client-schema.ts';
import { sourceSchema } from '../options/source-schema.ts';
import { storeSchema } from '../options/store-schema.ts';
import { verifySchema } from '../options/verify-schema.ts';

/** How the gateway authenticates at the introspection endpoint, and the requests to it. */
export const introspectionConfigSchema = z.strictObject({
  url: z
    .string()
    .min(1)
    .describe('Introspection endpoint: `https`, or `http` with a warning unless it is loopback.'),
  tokenTypeHint: z
    .string()
    .min(1)
    .optional()
    .describe('Sent as `token_type_hint`, such as `access_token` (RFC 7662 section 2.1).'),
  ...endpointConfigFields,
  headers: endpointConfigFields.headers.describe(
    'Additional headers of each request, by name. `Authorization` authenticates the gateway in place of `clientID`.',
  ),
});

const texts = z.union([z.string().min(1), z.array(z.string().min(1))], {
  error: 'expected a text or a list of texts',
});

/** Requirements for an introspection response, and the time for which it is used. */
export const introspectionRuleFields = {
  audience: texts
    .optional()
    .describe('Values of `aud`, one of which the response must have. Default: `aud` is not checked.'),
  issuers: texts
    .optional()
    .describe('Accepted values of `iss`, which the response must have. Default: `iss` is not checked.'),
  maxCacheSeconds: z
    .number()
    .refine((seconds) => seconds >= 0 && seconds <= 86_400, { error: 'expected 0 to 86400' })
    .default(60)
    .describe(
      'Time for which a response is used in seconds, up to the `exp` of the token: a revoked token is accepted for so long. `0`: each request causes an introspection. Tokens that are not active are refused without another request for 5 seconds at most.',
    ),
};

const { jwksUrl, issuer, issuers, audience, algorithms, clockSkew } = verifySchema.shape;

/** How signed responses (RFC 9701) are verified. */
const responseVerificationSchema = z
  .strictObject({
    jwksUrl,
    issuer,
    issuers: issuers.describe('Accepted values of `iss` of the signed response. Default: `issuer`.'),
    audience: audience.describe(
      'Values of `aud` of the signed response, one of which it must have: the gateway as the server knows it. Default: `clientID`.',
    ),
    algorithms,
    clockSkew,
  })
  .describe(
    'Requests signed responses (RFC 9701), `application/token-introspection+jwt`, and uses no others. Without it, responses are those that came over the connection to the endpoint.',
  );

/** The options of `oAuthIntrospection` under their canonical names. */
export const introspectionSchema = z.strictObject({
  clientConfig: introspectionConfigSchema.describe('Requests to the introspection endpoint.'),
  ...ownClientFields,
  tokenTypeHint: z.string().min(1).optional().describe('The same as `clientConfig.tokenTypeHint`.'),
  tokenSource: sourceSchema
    .prefault({ header: 'Authorization', headerAuthScheme: 'Bearer' })
    .describe('Where callers put the token. Default: `Authorization: Bearer`.'),
  forwardAuthorization: z
    .boolean()
    .default(false)
    .describe('Whether the server gets the token, in the header that callers use, or `Authorization`.'),
  ...introspectionRuleFields,
  verify: responseVerificationSchema.optional(),
  ...claimsFields,
  store: storeSchema
    .optional()
    .describe('Shares encrypted responses with other processes. Without it, they stay in this gateway.'),
});

/** The options as a user writes them, under their canonical names. */
export type IntrospectionInput = z.input<typeof introspectionSchema>;
export type IntrospectionShape = z.output<typeof introspectionSchema>;
