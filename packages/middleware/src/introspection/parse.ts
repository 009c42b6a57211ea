import { checkClaims, toClaimsOptions } from '../options/claims.ts';
import { checkEndpointClient, toEndpointClient } from '../options/endpoint-client.ts';
import { checkEndpointUrl } from '../options/endpoint-url.ts';
import type { OptionProblem } from '../options/options.ts';
import { parseShape, toRecord } from '../options/parse-shape.ts';
import type { Report } from '../options/report.ts';
import { toList } from '../options/request.ts';
import { checkSource, toSourceOptions } from '../options/source.ts';
import { checkStore, toStoreOptions } from '../options/store.ts';
import { checkVerifyKeys, toVerifyOptions } from '../options/verify.ts';
import type { IntrospectionOptions } from './options.ts';
import { introspectionSchema, type IntrospectionShape } from './schema.ts';

export interface ParsedIntrospectionOptions {
  /** Undefined when a problem is an error. */
  readonly options: IntrospectionOptions | undefined;
  readonly problems: readonly OptionProblem[];
}

/** Parses the options of `oAuthIntrospection` as a user wrote them: all problems at once, defaults filled in, the result frozen. */
export function parseIntrospection(raw: unknown): ParsedIntrospectionOptions {
  const { shape, problems } = parseShape(raw, introspectionSchema, checkMeaning);
  return { options: shape && toOptions(shape), problems };
}

function checkMeaning(shape: Partial<IntrospectionShape>, report: Report): void {
  checkEndpoint(shape, report);
  checkSource(shape.tokenSource, ['tokenSource'], report);
  checkClaims(shape, report);
  checkStore(shape.store, report);
  checkResponseVerification(shape, report);
  const hint = toRecord(shape.clientConfig)?.['tokenTypeHint'];
  if (isGiven(shape.tokenTypeHint) && isGiven(hint) && shape.tokenTypeHint !== hint)
    report('error', ['tokenTypeHint'], 'duplicate_option', 'clientConfig.tokenTypeHint says otherwise');
}

function checkResponseVerification({ verify, clientID }: Partial<IntrospectionShape>, report: Report): void {
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
  shape: Pick<Partial<IntrospectionShape>, 'clientID' | 'clientSecret' | 'clientAuthentication'> & {
    readonly clientConfig?: unknown;
  },
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

function toOptions(shape: IntrospectionShape): IntrospectionOptions {
  const { clientConfig, tokenSource, store, verify } = shape;
  const client = toEndpointClient(shape);
  const source = toSourceOptions(tokenSource);
  const isBare = source.schemes.length === 0 && source.header?.toLowerCase() === 'authorization';
  return Object.freeze({
    ...client,
    url: new URL(clientConfig.url).href,
    tokenTypeHint: clientConfig.tokenTypeHint ?? shape.tokenTypeHint,
    verify: verify && toVerifyOptions({ ...verify, type: undefined }, client.clientID),
    // The value of Authorization has a scheme, always.
    tokenSource: isBare ? Object.freeze({ ...source, schemes: Object.freeze(['Bearer']) }) : source,
    forwardAuthorization: shape.forwardAuthorization,
    audience: Object.freeze(toList(shape.audience)),
    issuers: Object.freeze(toList(shape.issuers)),
    maxCacheMs: shape.maxCacheSeconds * 1000,
    ...toClaimsOptions(shape),
    store: store && toStoreOptions(store),
  });
}
