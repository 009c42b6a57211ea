import { z } from 'zod';
import { asymmetricAlgorithms } from '../base/signing-key.ts';
import { duration } from './duration.ts';
import { checkEndpointUrl, endpointUrl } from './endpoint-url.ts';
import { toRecord } from './parse-shape.ts';
import type { Report } from './report.ts';
import { textList, toList } from './request.ts';
import { secret, secretText } from './secret-schema.ts';
import { checkServer } from './server.ts';

/** How to verify signatures of an authorization server, on tokens and on other documents. */
export const verifyFields = {
  jwksUrl: endpointUrl
    .optional()
    .describe('URL of the JWK Set: `https`, or `http` with a warning unless it is loopback.'),
  issuer: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Instead of `jwksUrl`: issuer identifier, exactly as the server spells it; its metadata name the keys, and it is the only accepted `iss` unless `issuers` is given.',
    ),
  issuers: textList.describe('Accepted values of `iss`. Default: `issuer`.'),
  audience: textList.describe(
    'Values of `aud`, one of which the token must have. Default: `audience` of the token request.',
  ),
  algorithms: z
    .array(z.enum(asymmetricAlgorithms, { error: `expected one of ${asymmetricAlgorithms.join(', ')}` }))
    .min(1, { error: 'expected one or more algorithms' })
    .optional()
    .transform((names = [...asymmetricAlgorithms]) => names)
    .describe('Accepted values of `alg`. Default: every asymmetric one.'),
  clockSkew: duration
    .refine((ms) => ms <= 600_000, { error: 'expected a duration up to 10m' })
    .prefault('30s')
    .describe('Time that the clocks of the issuer and of this machine may differ.'),
};

/** The verification with defaults that depend on other options. */
export const completeVerification = <
  Shape extends { issuer?: string | undefined; issuers: string[]; clockSkew: number },
>({
  clockSkew,
  ...rest
}: Shape): Omit<Shape, 'clockSkew'> & { clockSkewMs: number } => ({
  ...rest,
  issuers: rest.issuers.length === 0 ? toList(rest.issuer) : rest.issuers,
  clockSkewMs: clockSkew,
});

/** The verification with the default of its audience, taken from other options. */
export const withAudience = <Shape extends { audience: string[] }>(
  verification: Shape,
  usual: string | undefined,
): Shape => ({
  ...verification,
  audience: verification.audience.length === 0 ? toList(usual) : verification.audience,
});

/** How to verify the signature of a token from the authorization server. */
export const verifySchema = z
  .strictObject({
    ...verifyFields,
    type: z.string().min(1).optional().describe('`typ` that the token must have, such as `at+jwt`.'),
  })
  .transform(completeVerification)
  .describe(
    'Verifies each token once, before its claims decide. Without it, the claims are trusted as received from the token endpoint.',
  );

/** How to introspect an opaque token from the authorization server. */
export const ownIntrospectionSchema = z
  .strictObject({
    url: endpointUrl.describe(
      'Introspection endpoint: `https`, or `http` with a warning unless it is loopback.',
    ),
    clientID: secretText
      .optional()
      .describe('Client that introspects. Default: `clientID` of the middleware, with its secret.'),
    clientSecret: secret.optional().describe('Its secret.'),
    tokenTypeHint: z.string().min(1).optional().describe('Sent as `token_type_hint`.'),
    audience: textList.describe('Values of `aud`, one of which the response must have.'),
    issuers: textList.describe('Accepted values of `iss`, which the response must have.'),
  })
  .describe(
    'Introspects each token once (RFC 7662): its claims are those of the response. For opaque tokens; excludes `verify`.',
  );

/** The options that `checkVerification` reads; each may have a type that the schema refused. */
type VerificationShape = Readonly<
  Partial<Record<'verify' | 'introspection' | 'audience' | 'clientID', unknown>>
>;

const isGiven = (value: unknown): boolean => value !== undefined && value !== '';

/** Problems of `verify` and `introspection` beyond their types. */
export function checkVerification(shape: VerificationShape, report: Report): void {
  const verify = toRecord(shape.verify);
  const introspection = toRecord(shape.introspection);
  if (verify !== undefined) checkVerify(verify, shape, report);
  if (introspection === undefined) return;
  const at = (name: string): string[] => ['introspection', name];
  if (verify !== undefined)
    report('error', ['introspection'], 'duplicate_option', 'excludes verify: tokens are JWTs or opaque');
  checkEndpointUrl(introspection['url'], at('url'), 'an introspection endpoint', report);
  const [id, secret] = [introspection['clientID'], introspection['clientSecret']].map(isGiven);
  if (id !== secret)
    report(
      'error',
      at(id === true ? 'clientID' : 'clientSecret'),
      'missing_option',
      `${id === true ? 'clientSecret' : 'clientID'} is missing: set both, or neither`,
    );
  else if (id !== true && !isGiven(shape.clientID))
    report(
      'error',
      at('clientID'),
      'missing_option',
      'is required, because at application level the middleware has no client of its own',
    );
}

function checkVerify(
  verify: Readonly<Record<string, unknown>>,
  { audience }: VerificationShape,
  report: Report,
): void {
  checkVerifyKeys(verify, 'tokens', report);
  if (toList(verify['audience']).length === 0 && !isGiven(audience))
    report('warning', ['verify'], 'insecure', 'audience is empty: tokens for other services are accepted');
}

/** Problems of the keys and issuers of `verify`. @param signed noun for the signed documents: `tokens`. */
export function checkVerifyKeys(
  { jwksUrl, issuer, issuers }: Readonly<Record<string, unknown>>,
  signed: string,
  report: Report,
): void {
  if (isGiven(jwksUrl) === isGiven(issuer))
    report('error', ['verify'], 'missing_option', `set either jwksUrl or issuer: the keys of the ${signed}`);
  checkEndpointUrl(jwksUrl, ['verify', 'jwksUrl'], 'a JWK Set', report);
  if (isGiven(issuer))
    checkServer({ issuer }, (severity, path, ...rest) => report(severity, ['verify', ...path], ...rest));
  if (isGiven(jwksUrl) && toList(issuers).length === 0)
    report(
      'warning',
      ['verify'],
      'insecure',
      `issuers is empty: ${signed} of every issuer that signs with these keys are accepted`,
    );
}
