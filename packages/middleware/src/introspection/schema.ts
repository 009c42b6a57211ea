import { z } from 'zod';
import { claimsFields } from '../options/claims.ts';
import {
  type EndpointClientOptions,
  endpointConfigFields,
  ownClientFields,
} from '../options/endpoint-client.ts';
import type { OptionsOf } from '../options/options-of.ts';
import { endpointUrl } from '../options/endpoint-url.ts';
import { textList } from '../options/request.ts';
import { tokenSourceSchema } from '../options/source.ts';
import { storeSchema } from '../options/store.ts';
import { completeVerification, verifyFields, withAudience } from '../options/verify.ts';
import type { IntrospectionInput } from './input.ts';

/** How the gateway authenticates at the introspection endpoint, and the requests to it. */
export const introspectionConfigSchema = z.strictObject({
  url: endpointUrl.describe(
    'Introspection endpoint: `https`, or `http` with a warning unless it is loopback.',
  ),
  tokenTypeHint: z
    .string()
    .min(1)
    .optional()
    .describe('Sent as `token_type_hint`, such as `access_token` (RFC 7662 section 2.1).'),
  ...endpointConfigFields,
  headers: endpointConfigFields.headers.describe(
    'Additional headers of each request, by name. `Authorization` authenticates the gateway instead of `clientID`.',
  ),
});

/** Requirements for an introspection response, and the time for which it is used. */
export const introspectionRuleFields = {
  audience: textList.describe(
    'Values of `aud`, one of which the response must have. Default: `aud` is not checked.',
  ),
  issuers: textList.describe(
    'Accepted values of `iss`, which the response must have. Default: `iss` is not checked.',
  ),
  maxCacheSeconds: z
    .number()
    .refine((seconds) => seconds >= 0 && seconds <= 86_400, { error: 'expected 0 to 86400' })
    .default(60)
    .describe(
      'Time for which a response is used in seconds, up to the `exp` of the token: during this time, a revoked token is still accepted. `0`: each request causes an introspection. Tokens that are not active are refused without another request for 5 seconds at most.',
    ),
};

/** How signed responses (RFC 9701) are verified. */
const responseVerificationSchema = z
  .strictObject({
    ...verifyFields,
    issuers: verifyFields.issuers.describe(
      'Accepted values of `iss` of the signed response. Default: `issuer`.',
    ),
    audience: verifyFields.audience.describe(
      'Values of `aud` of the signed response, one of which it must have: the gateway as the server knows it. Default: `clientID`.',
    ),
  })
  .transform(completeVerification)
  .describe(
    'Requests signed responses (RFC 9701), `application/token-introspection+jwt`, and uses no others. Without it, responses are trusted as received from the endpoint.',
  );

/** The options of `oAuthIntrospection` under their canonical names. */
export const introspectionSchema = z.strictObject({
  clientConfig: introspectionConfigSchema.describe('Requests to the introspection endpoint.'),
  ...ownClientFields,
  tokenTypeHint: z.string().min(1).optional().describe('The same as `clientConfig.tokenTypeHint`.'),
  tokenSource: tokenSourceSchema,
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

/** The same options in use. */
const inUse = ({
  clientConfig: { url, tokenTypeHint, ...clientConfig },
  maxCacheSeconds,
  verify,
  ...rest
}: z.output<typeof introspectionSchema>) => ({
  ...rest,
  url,
  tokenTypeHint: tokenTypeHint ?? rest.tokenTypeHint,
  clientConfig,
  verify: verify && withAudience(verify, rest.clientID),
  maxCacheMs: maxCacheSeconds * 1000,
});

/** Parses them. The type is explicit, because an inferred one repeats every option. */
export const introspectionOptions: z.ZodType<
  ReturnType<typeof inUse>,
  IntrospectionInput
> = introspectionSchema.transform(inUse);

/** The options of `oAuthIntrospection` in use; its schema describes them. */
export type IntrospectionOptions = OptionsOf<z.output<typeof introspectionOptions>>;

/** Requirements for an introspection response, and the time for which it is used. */
export type IntrospectionRules = Pick<IntrospectionOptions, 'audience' | 'issuers' | 'maxCacheMs'>;

/** Requests to an introspection endpoint. */
export type IntrospectionRequestOptions = EndpointClientOptions &
  Pick<IntrospectionOptions, 'url' | 'tokenTypeHint' | 'verify'>;
