import { z } from 'zod';
import type { Secret } from '../base/secret.ts';
import { asymmetricAlgorithms, secretAlgorithms } from '../base/signing-key.ts';
import { claimsFields } from '../options/claims.ts';
import { connectionFields, proxySchema } from '../options/connection-schema.ts';
import { duration } from '../options/duration.ts';
import { toHref } from '../options/endpoint-url.ts';
import type { OptionsOf } from '../options/options-of.ts';
import { headersSchema, texts, toList } from '../options/request.ts';
import { secret, secretText } from '../options/secret-schema.ts';
import { storeSchema } from '../options/store.ts';
import type { JwtInput } from './input.ts';

const algorithms = [...asymmetricAlgorithms, ...secretAlgorithms];

/** Maximum `clockSkew` in milliseconds: beyond that, an expired token is not due to clocks. */
const longestSkewMs = 600_000;

/** The options of `jwt` under their canonical names. */
export const jwtSchema = z.strictObject({
  signingSecret: secret
    .optional()
    .describe('Secret that tokens are signed with (HMAC). 32 bytes or more; a shorter one warns.'),
  signingSecretBase64Encoded: z.boolean().default(false).describe('Whether `signingSecret` is Base64.'),
  publicKey: secretText.optional().describe('Public key of the tokens: PEM, or a PEM certificate.'),
  jwksFile: secretText
    .optional()
    .describe('JWK Set as JSON (RFC 7517), or in the gateway the absolute path of a file with one.'),
  jwksUrl: z
    .string()
    .min(1)
    .optional()
    .describe(
      'URL of a JWK Set: `https`, or `http` with a warning unless it is loopback. A path such as `/.well-known/jwks.json` is below each of `issuers`.',
    ),
  issuer: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Issuer identifier, exactly as the server spells it: its metadata name the keys (RFC 8414, OpenID Connect Discovery), and it is the only accepted `iss` unless `issuers` is given.',
    ),
  issuers: z.array(z.string().min(1)).default([]).describe('Accepted values of `iss`. Default: `issuer`.'),
  audience: texts
    .transform(toList)
    .describe(
      'Values of `aud`, one of which a token must have. An explicit `[]` accepts tokens for any audience.',
    ),
  algorithms: z
    .array(z.enum(algorithms, { error: `expected one of ${algorithms.join(', ')}` }))
    .min(1, { error: 'expected one or more algorithms' })
    .optional()
    .describe(
      'Accepted values of `alg`. Default: with `signingSecret` those with HMAC, otherwise every asymmetric one.',
    ),
  clockSkew: duration
    .refine((ms) => ms <= longestSkewMs, { error: 'expected a duration up to 10m' })
    .prefault('30s')
    .describe('Time that the clocks of the issuer and of this machine may differ.'),
  type: z
    .string()
    .min(1)
    .optional()
    .describe(
      '`typ` that a token must have. `at+jwt`: access tokens of RFC 9068, with all their claims. Default: `JWT`, `at+jwt` or none.',
    ),
  requireBinding: z
    .enum(['certificate', 'dpop', 'any'], { error: 'expected certificate, dpop or any' })
    .optional()
    .describe(
      "Accepts only tokens that are bound to the caller's TLS certificate (`certificate`, RFC 8705), to a key of which each request has a proof (`dpop`, RFC 9449), or to one of them (`any`). Without it, a bound token still needs its proof, and `Authorization: DPoP` is not accepted.",
    ),
  forwardAuthorization: z
    .boolean()
    .default(false)
    .describe('Whether the server gets the token, in `Authorization`.'),
  tokenKey: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Query parameter that may carry the token, for callers that cannot send `Authorization`. The server does not get it. Form data are not read.',
    ),
  tokenQueryKey: z.string().min(1).optional().describe('The same as `tokenKey`.'),
  ...claimsFields,
  store: storeSchema
    .optional()
    .describe(
      'Lets replicas accept each DPoP proof once among them all. Without it, each gateway remembers the proofs that it accepted.',
    ),
  clientConfig: z
    .strictObject({
      ...connectionFields,
      headers: headersSchema.describe('Additional headers of the requests for metadata and keys, by name.'),
      proxy: proxySchema,
    })
    .prefault({})
    .describe('Connections to the authorization server.'),
});

/** The same options after parsing. */
const inUse = ({
  signingSecret,
  signingSecretBase64Encoded,
  publicKey,
  jwksFile,
  jwksUrl,
  issuer,
  issuers,
  algorithms,
  clockSkew,
  tokenKey,
  tokenQueryKey,
  ...rest
}: z.output<typeof jwtSchema>) => ({
  ...rest,
  keys: toKeys({ signingSecret, signingSecretBase64Encoded, publicKey, jwksFile, jwksUrl, issuer }),
  issuers: issuers.length === 0 && issuer !== undefined ? [issuer] : issuers,
  algorithms: algorithms ?? [...(signingSecret === undefined ? asymmetricAlgorithms : secretAlgorithms)],
  clockSkewMs: clockSkew,
  tokenQueryKey: tokenQueryKey ?? tokenKey,
});

/** Parses them. The type is explicit, because an inferred one repeats every option. */
export const jwtOptions: z.ZodType<ReturnType<typeof inUse>, JwtInput> = jwtSchema.transform(inUse);

/** The options of `jwt` after parsing; the schema describes them. */
export type JwtOptions = OptionsOf<z.output<typeof jwtOptions>>;

/** Proof of possession that a token must be bound to. `certificate`: RFC 8705; `dpop`: RFC 9449; `any`: one of them. */
export type RequiredBinding = NonNullable<JwtOptions['requireBinding']>;

/** Source of the keys of tokens. */
export type KeyOptions =
  | { readonly kind: 'secret'; readonly secret: Secret; readonly isBase64: boolean }
  /** PEM. */
  | { readonly kind: 'publicKey'; readonly pem: string }
  /** A JWK Set as JSON. */
  | { readonly kind: 'keySet'; readonly json: string }
  /** Absolute URL of a JWK Set. */
  | { readonly kind: 'url'; readonly url: string }
  /** Path of a JWK Set below each of `issuers`. */
  | { readonly kind: 'path'; readonly path: string }
  /** Issuer as written: its metadata name the keys. */
  | { readonly kind: 'issuer'; readonly issuer: string };

type KeyNames =
  'signingSecret' | 'signingSecretBase64Encoded' | 'publicKey' | 'jwksFile' | 'jwksUrl' | 'issuer';

/** `parseJwt` refuses options that name no keys, or several. */
function toKeys({
  signingSecret,
  signingSecretBase64Encoded: isBase64,
  publicKey,
  jwksFile,
  jwksUrl,
  issuer = '',
}: Pick<z.output<typeof jwtSchema>, KeyNames>): KeyOptions {
  if (signingSecret !== undefined) return { kind: 'secret', secret: signingSecret, isBase64 };
  if (publicKey !== undefined) return { kind: 'publicKey', pem: publicKey };
  if (jwksFile !== undefined) return { kind: 'keySet', json: jwksFile };
  if (jwksUrl?.startsWith('/') === true) return { kind: 'path', path: jwksUrl };
  return jwksUrl === undefined ? { kind: 'issuer', issuer } : { kind: 'url', url: toHref(jwksUrl) };
}
