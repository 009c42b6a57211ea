import type { z } from 'zod';
import { asymmetricAlgorithms } from '../base/signing-key.ts';
import { checkEndpointUrl } from './endpoint-url.ts';
import type { OwnIntrospectionOptions, VerifyOptions } from './options.ts';
import { toRecord } from './parse-shape.ts';
import type { Report } from './report.ts';
import { toList } from './request.ts';
import { toSecret, toText } from './secret-schema.ts';
import { checkServer } from './server.ts';
import type { ownIntrospectionSchema, verifySchema } from './verify-schema.ts';

interface VerificationShape {
  readonly verify?: unknown;
  readonly introspection?: unknown;
  readonly audience?: unknown;
  readonly clientID?: unknown;
}

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

/** Problems of the keys and issuers of `verify`. @param signed what they sign: `tokens`. */
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

/** The options that `checkVerification` found nothing wrong with. @param audience of the token request. */
export function toVerifyOptions(
  shape: z.output<typeof verifySchema>,
  audience: string | undefined,
): VerifyOptions {
  const { jwksUrl, issuer } = shape;
  const issuers = toList(shape.issuers);
  return Object.freeze({
    jwksUrl: jwksUrl === undefined ? undefined : new URL(jwksUrl).href,
    issuer,
    issuers: Object.freeze(issuers.length === 0 ? toList(issuer) : issuers),
    audience: Object.freeze(toList(shape.audience ?? audience)),
    algorithms: Object.freeze(shape.algorithms ?? asymmetricAlgorithms),
    clockSkewMs: shape.clockSkew,
    type: shape.type,
  });
}

/** The same for `introspection`. */
export function toOwnIntrospection(shape: z.output<typeof ownIntrospectionSchema>): OwnIntrospectionOptions {
  const { url, clientID, clientSecret, tokenTypeHint, audience, issuers } = shape;
  return Object.freeze({
    url: new URL(url).href,
    clientID: clientID === undefined ? undefined : toText(clientID),
    clientSecret: clientSecret === undefined ? undefined : toSecret(clientSecret),
    tokenTypeHint,
    audience: Object.freeze(toList(audience)),
    issuers: Object.freeze(toList(issuers)),
  });
}
