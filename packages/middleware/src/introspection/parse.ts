import { checkClaims } from '../options/claims.ts';
import { checkEndpointClient } from '../options/endpoint-client.ts';
import { checkEndpointUrl } from '../options/endpoint-url.ts';
import type { RawOptions } from '../options/options-of.ts';
import { parseShape, toRecord, type ParserResult } from '../options/parse-shape.ts';
import type { Report } from '../options/report.ts';
import { checkSource } from '../options/source.ts';
import { toList } from '../options/request.ts';
import { checkStore } from '../options/store.ts';
import { checkVerifyKeys } from '../options/verify.ts';
import type { introspectionSchema } from './schema.ts';
import { introspectionOptions, type IntrospectionOptions } from './schema.ts';

/** Parses the options of `oAuthIntrospection` as a user wrote them: all problems at once, defaults filled in, the result frozen. */
export const parseIntrospection = (raw: unknown): ParserResult<IntrospectionOptions> =>
  parseShape(raw, introspectionOptions, checkMeaning);

function checkMeaning(shape: RawOptions<typeof introspectionSchema.shape>, report: Report): void {
  checkEndpoint(shape, report);
  checkSource(shape.tokenSource, ['tokenSource'], report);
  checkClaims(shape, report);
  checkStore(shape.store, report);
  checkResponseVerification(shape, report);
  const hint = toRecord(shape.clientConfig)?.['tokenTypeHint'];
  if (isGiven(shape.tokenTypeHint) && isGiven(hint) && shape.tokenTypeHint !== hint)
    report('error', ['tokenTypeHint'], 'duplicate_option', 'clientConfig.tokenTypeHint has another value');
}

function checkResponseVerification(
  { verify, clientID }: RawOptions<typeof introspectionSchema.shape>,
  report: Report,
): void {
  const given = toRecord(verify);
  if (given === undefined) return;
  checkVerifyKeys(given, 'responses', report);
  if (toList(given['audience']).length === 0 && !isGiven(clientID))
    report(
      'error',
      ['verify', 'audience'],
      'missing_option',
      'is required without clientID: aud of a signed response names the gateway (RFC 9701 section 5)',
    );
}

/** Problems of the endpoint and of the gateway's own authentication there. */
export function checkEndpoint(
  shape: Pick<
    RawOptions<typeof introspectionSchema.shape>,
    'clientID' | 'clientSecret' | 'clientAuthentication' | 'clientConfig'
  >,
  report: Report,
): void {
  const clientConfig = toRecord(shape.clientConfig);
  const headers = Object.keys(toRecord(clientConfig?.['headers']) ?? {});
  const header = headers.find((name) => name.toLowerCase() === 'authorization');
  checkEndpointUrl(clientConfig?.['url'], ['clientConfig', 'url'], 'an introspection endpoint', report);
  checkEndpointClient(shape, report, { ownHeaders: ['authorization'] });
  if (header !== undefined && isGiven(shape.clientID))
    report(
      'error',
      ['clientConfig', 'headers', header],
      'duplicate_option',
      'excludes clientID: the gateway authenticates in one way',
    );
  const hasCertificate = isGiven(toRecord(clientConfig?.['tls'])?.['cert']);
  if (headers.length === 0 && !isGiven(shape.clientID) && !hasCertificate && clientConfig !== undefined)
    report(
      'warning',
      ['clientConfig'],
      'insecure',
      'the gateway does not authenticate: set clientID and clientSecret, because an introspection endpoint must not be open to everyone (RFC 7662 section 2.1)',
    );
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== '';
