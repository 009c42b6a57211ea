import { z } from 'zod';
import { claimsFields } from './claims.ts';
import { assertionSchema, clientAuthenticationSchema } from './client-auth.ts';
import { connectionFields, maxConcurrentSchema, proxySchema } from './connection-schema.ts';
import type { ClientCredentialsFields } from './input.ts';
import { duration } from './duration.ts';
import { toHref } from './endpoint-url.ts';
import type { OptionsOf } from './options-of.ts';
import { endpointParamsSchema, headersSchema, resourceSchema, scopesSchema } from './request.ts';
import { secret, secretText } from './secret-schema.ts';
import { storeSchema } from './store.ts';
import { ownIntrospectionSchema, verifySchema, withAudience } from './verify.ts';

/** The options of `oAuthClientCredentials` under their canonical names; the source of types, defaults, reference and JSON Schema. */
export const clientCredentialsSchema = z
  .strictObject({
    url: z
      .string()
      .optional()
      .describe(
        'Token endpoint of the authorization server: `https`, or `http` with a warning unless it is loopback. Required without `issuer`.',
      ),
    issuer: z
      .string()
      .optional()
      .describe(
        'Instead of `url`: issuer identifier of the authorization server, exactly as the server spells it. Its metadata name the token endpoint (RFC 8414, OpenID Connect Discovery). `https`, or `http` with a warning unless it is loopback. Ignored with `url`.',
      ),
    clientID: secretText
      .optional()
      .describe(
        "The gateway's own client ID: gateway level. Without it: application level, each caller brings its own ID and secret in `Authorization: Basic`.",
      ),
    clientSecret: secret.optional().describe("The gateway's own client secret."),
    clientAuthentication: clientAuthenticationSchema,
    audience: z.string().min(1).optional().describe('Sent as `audience` in the token request.'),
    scopes: scopesSchema,
    resource: resourceSchema,
    endpointParams: endpointParamsSchema,
    tokenLifetime: duration
      .refine((ms) => ms > 0, { error: 'expected a duration above 0' })
      .optional()
      .describe(
        'Lifetime of a token that has neither `expires_in` nor `exp`. Without it, such a token is used once: each request causes a token request.',
      ),
    acceptedTokenTypes: z
      .array(z.string())
      .default([])
      .transform((types) => types.map((type) => type.trim().toLowerCase()))
      .describe(
        'Values of `token_type` that are treated as `Bearer`; case-insensitive. `""` accepts a response without `token_type`.',
      ),
    verify: verifySchema.optional(),
    introspection: ownIntrospectionSchema.optional(),
    ...claimsFields,
    renewOnUnauthorized: z
      .boolean()
      .default(true)
      .describe(
        'Gateway level: when the server responds 401 with `WWW-Authenticate: Bearer`, requests a new token, at most once in ten seconds, and repeats the request.',
      ),
    clientConfig: z
      .strictObject({
        ...connectionFields,
        maxConcurrent: maxConcurrentSchema,
        headers: headersSchema,
        proxy: proxySchema,
        assertion: assertionSchema
          .optional()
          .describe('JWTs with which the client authenticates (RFC 7523).'),
      })
      .prefault({})
      .describe('Connections to the authorization server.'),
    store: storeSchema
      .optional()
      .describe('Shares encrypted tokens with other processes. Without it, tokens stay in memory.'),
  })
  // For JSON Schema only: parsing reports this in its own words, and treats empty strings as omitted options.
  .meta({
    allOf: [{ anyOf: ['url', 'issuer'].map((name) => ({ properties: { [name]: true }, required: [name] })) }],
  });

/** `url`, `issuer`, or both, in which case `url` is used. */
type ServerChoice = { url: string } | { issuer: string };

/** The options that select the authorization server. */
export type ServerInput = Pick<ClientCredentialsFields, 'url' | 'issuer'> & ServerChoice;

/** The options as written, under their canonical names. */
export type ClientCredentialsInput = ClientCredentialsFields & ServerChoice;

/** The same options after parsing. Exactly one of `url` and `issuer` remains: `url`, if both are given. */
const inUse = ({ url, issuer, tokenLifetime, verify, ...rest }: z.output<typeof clientCredentialsSchema>) => {
  const hasUrl = url !== undefined && url !== '';
  return {
    ...rest,
    url: hasUrl ? toHref(url) : undefined,
    issuer: hasUrl ? undefined : issuer,
    tokenLifetimeMs: tokenLifetime,
    verify: verify && withAudience(verify, rest.audience),
  };
};

/** Parses them. The type is explicit, because an inferred one repeats every option. */
export const clientCredentialsOptions: z.ZodType<
  ReturnType<typeof inUse>,
  ClientCredentialsFields
> = clientCredentialsSchema.transform(inUse);

/** The options of `oAuthClientCredentials` after parsing; their schema describes them. */
export type ClientCredentialsOptions = OptionsOf<z.output<typeof clientCredentialsOptions>>;

/** How tokens of the authorization server are verified; exactly one of `jwksUrl` and `issuer`. */
export type VerifyOptions = NonNullable<ClientCredentialsOptions['verify']>;

/** How opaque tokens of the authorization server are introspected. */
export type OwnIntrospectionOptions = NonNullable<ClientCredentialsOptions['introspection']>;

/** JWTs with which a client authenticates (RFC 7523 section 2.2). */
export type AssertionOptions = NonNullable<ClientCredentialsOptions['clientConfig']['assertion']>;
