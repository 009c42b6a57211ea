import { checkClaims } from '../options/claims.ts';
import { checkEndpointClient } from '../options/endpoint-client.ts';
import { checkEndpointUrl } from '../options/endpoint-url.ts';
import type { RawOptions } from '../options/options-of.ts';
import { parseShape, toRecord, type ParserResult } from '../options/parse-shape.ts';
import type { Report } from '../options/report.ts';
import { checkRequest, toScopes } from '../options/request.ts';
import { checkSource } from '../options/source.ts';
import { checkStore } from '../options/store.ts';
import type { ExchangeInput } from './input.ts';
import { exchangeOptions, type ExchangeOptions } from './schema.ts';

/** Parses the options of `oAuthTokenExchange` as a user wrote them: all problems at once, defaults filled in, the result frozen. */
export const parseExchange = (raw: unknown): ParserResult<ExchangeOptions> =>
  parseShape(raw, exchangeOptions, checkMeaning);

/** Parameters that `endpointParams` must not set (RFC 8693 section 2.1, RFC 7523 section 2.1). */
const ownParameters: Readonly<Record<string, string | undefined>> = {
  subject_token: undefined,
  subject_token_type: 'rfc8693.subjectTokenType',
  requested_token_type: 'rfc8693.requestedTokenType',
  actor_token: 'rfc8693.actorToken',
  actor_token_type: 'rfc8693.actorToken.tokenType',
  assertion: undefined,
  requested_token_use: undefined,
};

function checkMeaning(shape: RawOptions<ExchangeInput>, report: Report): void {
  checkEndpointUrl(shape.url, ['url'], 'a token endpoint', report);
  checkEndpointClient(shape, report);
  checkRequest({ endpointParams: shape.endpointParams, headers: undefined, ownParameters }, report);
  checkParameters(shape, report);
  checkSource(shape.tokenSource, ['tokenSource'], report);
  checkClaims(shape, report);
  checkStore(shape.store, report);
}

function checkParameters(shape: RawOptions<ExchangeInput>, report: Report): void {
  const { method = 'rfc8693' } = shape;
  const standard = toRecord(shape.rfc8693);
  const actor = toRecord(standard?.['actorToken']);
  const entra = toRecord(shape.entraID);
  for (const [path, values] of [
    [['rfc8693'], standard],
    [['rfc8693', 'actorToken'], actor],
    [['entraID'], entra],
  ] as const)
    checkRequest({ ...values, headers: undefined }, (severity, at, ...more) =>
      report(severity, [...path, ...at], ...more),
    );
  const [used, other] =
    method === 'entraID' ? (['entraID', 'rfc8693'] as const) : (['rfc8693', 'entraID'] as const);
  if (shape[other] !== undefined)
    report('warning', [other], 'ignored_option', `method ${used} does not use it`);
  if (method === 'entraID' && toScopes(entra?.['scopes']).length === 0)
    report('error', ['entraID', 'scopes'], 'missing_option', 'is required with method entraID');
}
