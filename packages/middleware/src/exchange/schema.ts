import { z } from 'zod';
import { claimsFields } from '../options/claims.ts';
import { duration } from '../options/duration.ts';
import {
  endpointConfigFields,
  ownClientFields,
  type EndpointClientOptions,
} from '../options/endpoint-client.ts';
import { endpointUrl } from '../options/endpoint-url.ts';
import type { OptionsOf } from '../options/options-of.ts';
import type { ExchangeInput } from './input.ts';
import { endpointParamsSchema, resourceSchema, scopesSchema, textList } from '../options/request.ts';
import { secretText } from '../options/secret-schema.ts';
import { tokenSourceSchema } from '../options/source.ts';
import { storeSchema } from '../options/store.ts';

/** RFC 8693 section 3. */
export const accessTokenType = 'urn:ietf:params:oauth:token-type:access_token';

const tokenType = z.string().refine((text) => URL.canParse(text), {
  error: `expected a URI, such as ${accessTokenType} (RFC 8693 section 3)`,
});

const actorSchema = z.strictObject({
  audience: z.string().min(1).optional().describe('Sent as `audience` in the request for the actor token.'),
  scopes: scopesSchema,
  resource: resourceSchema,
  tokenType: tokenType.default(accessTokenType).describe('Sent as `actor_token_type`.'),
});

const standardSchema = z.strictObject({
  subjectTokenType: tokenType
    .default(accessTokenType)
    .describe("Type of the caller's token, sent as `subject_token_type`."),
  requestedTokenType: tokenType
    .optional()
    .describe('Sent as `requested_token_type`. Default: the server chooses.'),
  audience: textList.describe('Sent as `audience`, once per value.'),
  resource: resourceSchema,
  scopes: scopesSchema,
  actorToken: actorSchema
    .optional()
    .describe(
      'Sends a token of the gateway, from its own client credentials, as `actor_token`: delegation instead of impersonation. `{}` for one without parameters.',
    ),
});

const entraSchema = z.strictObject({
  scopes: scopesSchema.describe('Scopes of the downstream API, such as `api://orders/.default`. Required.'),
});

/** The options of `oAuthTokenExchange` under their canonical names. */
export const exchangeSchema = z.strictObject({
  method: z
    .enum(['rfc8693', 'entraID'], { error: 'expected rfc8693 or entraID' })
    .default('rfc8693')
    .describe('`rfc8693`: token exchange (RFC 8693). `entraID`: on-behalf-of flow of Microsoft Entra ID.'),
  url: endpointUrl.describe(
    'Token endpoint of the authorization server: `https`, or `http` with a warning unless it is loopback.',
  ),
  ...ownClientFields,
  clientID: secretText.describe("The gateway's client ID."),
  rfc8693: standardSchema.optional().describe('Parameters of `method: rfc8693`.'),
  entraID: entraSchema.optional().describe('Parameters of `method: entraID`.'),
  endpointParams: endpointParamsSchema,
  tokenLifetime: duration
    .refine((ms) => ms > 0, { error: 'expected a duration above 0' })
    .optional()
    .describe(
      'Lifetime of a token that has neither `expires_in` nor `exp`. Without it, such a token is used once: each request causes an exchange.',
    ),
  acceptedTokenTypes: z
    .array(z.string())
    .default([])
    .transform((types) => types.map((type) => type.trim().toLowerCase()))
    .describe(
      'Values of `token_type` that are treated as `Bearer`, such as `N_A`; case-insensitive. `""` accepts a response without `token_type`.',
    ),
  tokenSource: tokenSourceSchema,
  ...claimsFields,
  clientConfig: z
    .strictObject(endpointConfigFields)
    .prefault({})
    .describe('Connections to the authorization server.'),
  store: storeSchema
    .optional()
    .describe('Shares encrypted tokens with other processes. Without it, they stay in this gateway.'),
});

/** The same options in use. */
const inUse = ({ method, rfc8693, entraID, tokenLifetime, ...rest }: z.output<typeof exchangeSchema>) => ({
  ...rest,
  tokenLifetimeMs: tokenLifetime,
  grant:
    method === 'entraID'
      ? { method, scopes: entraID?.scopes ?? [] }
      : { method, ...(rfc8693 ?? standardSchema.parse({})) },
});

/** Parses them. The type is written out, because an inferred one repeats every option. */
export const exchangeOptions: z.ZodType<ReturnType<typeof inUse>, ExchangeInput> = exchangeSchema.transform(
  inUse,
);

/** The options of `oAuthTokenExchange` after parsing; their schema describes them. */
export type ExchangeOptions = OptionsOf<z.output<typeof exchangeOptions>>;

/** Parameters of the exchange, by its method. */
export type ExchangeGrant = ExchangeOptions['grant'];

/** Token exchange as defined by RFC 8693. */
export type StandardExchange = Extract<ExchangeGrant, { readonly method: 'rfc8693' }>;

/** Requests that exchange tokens. */
export type ExchangeRequestOptions = EndpointClientOptions &
  Pick<
    ExchangeOptions,
    'url' | 'clientID' | 'grant' | 'endpointParams' | 'tokenLifetimeMs' | 'acceptedTokenTypes' | 'store'
  >;
