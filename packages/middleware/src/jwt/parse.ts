import { asymmetricAlgorithms, secretAlgorithms } from '../base/signing-key.ts';
import { checkClaims } from '../options/claims.ts';
import type { RawOptions } from '../options/options-of.ts';
import { parseShape, toRecord, type ParserResult } from '../options/parse-shape.ts';
import type { Report } from '../options/report.ts';
import { checkProxy, checkRequest } from '../options/request.ts';
import { isText, toText } from '../options/secret-schema.ts';
import { checkServer, isInsecure } from '../options/server.ts';
import { checkStore } from '../options/store.ts';
import { type TlsInput, checkTls } from '../options/tls.ts';
import { readKeySet } from './key-set.ts';
import { jwtOptions, type JwtOptions, type jwtSchema } from './schema.ts';
import { toSecretBytes } from './secret-bytes.ts';
import { readPublicKey } from './verification-key.ts';

/** Parses the options of `jwt` as a user wrote them: all problems at once, defaults filled in, the result frozen. */
export const parseJwt = (raw: unknown): ParserResult<JwtOptions> =>
  parseShape(raw, jwtOptions, (shape, report) => {
    checkMeaning(shape, report);
    checkAudience(shape.audience, isWrittenList(raw, 'audience'), report);
  });

/** Whether an option was written as a list: an empty text is read as an empty list, but does not mean one. */
const isWrittenList = (raw: unknown, name: string): boolean =>
  Object.entries(toRecord(raw) ?? {}).some(
    ([key, value]) => key.toLowerCase() === name && Array.isArray(value),
  );

/** An empty list opens the route to tokens for any audience, so it must be explicit. */
function checkAudience(audience: unknown, isList: boolean, report: Report): void {
  const isEmpty = Array.isArray(audience) && audience.length === 0;
  if (isEmpty && !isList)
    report(
      'error',
      ['audience'],
      'missing_option',
      'is empty: name the audience that tokens must have, or write [] to accept tokens for any audience',
    );
  else if (isEmpty) report('warning', ['audience'], 'insecure', 'tokens for other services are accepted');
}

const keyNames = ['signingSecret', 'publicKey', 'jwksFile', 'jwksUrl', 'issuer'] as const;

/** RFC 7518 section 3.2: a key of the size of the hash. */
const leastSecretBytes = 32;

function checkMeaning(shape: RawOptions<typeof jwtSchema.shape>, report: Report): void {
  checkKeys(shape, report);
  checkIssuers(shape, report);
  checkAlgorithms(shape, report);
  checkQueryKeys(shape, report);
  const clientConfig = toRecord(shape.clientConfig);
  const tls: TlsInput | undefined = toRecord(clientConfig?.['tls']);
  checkProxy(clientConfig?.['proxy'], report);
  checkRequest({ headers: clientConfig?.['headers'] }, report);
  if (tls !== undefined)
    checkTls(tls, { path: ['clientConfig', 'tls'], caName: 'ca', peer: 'the authorization server' }, report);
  checkClaims(shape, report);
  checkStore(shape.store, report);
}

const isGiven = (value: unknown): boolean => value !== undefined && value !== '';

function checkKeys(shape: RawOptions<typeof jwtSchema.shape>, report: Report): void {
  const given = keyNames.filter((name) => isGiven(shape[name]));
  const [first, second] = given;
  if (first === undefined)
    report('error', [], 'missing_option', `set one of ${keyNames.join(', ')}: the keys of the tokens`);
  else if (second !== undefined)
    report('error', [second], 'duplicate_option', `excludes ${first}: keys come from one place`);
  const { signingSecret, publicKey, jwksFile } = shape;
  if (isText(signingSecret)) checkSecret(toText(signingSecret), shape.signingSecretBase64Encoded, report);
  if (isText(publicKey)) {
    const key = readPublicKey(toText(publicKey));
    if ('kind' in key) report('error', ['publicKey'], 'invalid_value', key.text);
  }
  if (!isText(jwksFile)) return;
  const set = readKeySet(toText(jwksFile));
  if (set === undefined) report('error', ['jwksFile'], 'invalid_value', 'expected a JWK Set as JSON');
  else if (set.keys.length === 0)
    report('error', ['jwksFile'], 'invalid_value', `has no key that can be used: ${set.problems.join('; ')}`);
  else for (const text of set.problems) report('warning', ['jwksFile'], 'ignored_key', `is ignored: ${text}`);
}

function checkSecret(text: string, isBase64: unknown, report: Report): void {
  const path = ['signingSecret'];
  if (isBase64 === true && !/^[A-Za-z0-9+/]+={0,2}$/.test(text.trim()))
    report('error', path, 'invalid_value', 'expected Base64, because signingSecretBase64Encoded is set');
  else if (toSecretBytes(text, isBase64 === true).length < leastSecretBytes)
    report(
      'warning',
      path,
      'insecure',
      `is shorter than ${leastSecretBytes} bytes: anyone who has a token can guess it (RFC 7518 section 3.2)`,
    );
}

function checkIssuers({ jwksUrl, issuer, issuers }: RawOptions<typeof jwtSchema.shape>, report: Report): void {
  const listed = Array.isArray(issuers) ? issuers : [];
  if (isGiven(issuer)) checkServer({ issuer }, report);
  if (typeof jwksUrl !== 'string' || jwksUrl === '') return;
  if (jwksUrl.startsWith('/')) {
    if (listed.length === 0)
      report('error', ['issuers'], 'missing_option', 'is required: the path in jwksUrl is below each issuer');
    listed.forEach((one: unknown, at) => {
      if (typeof one !== 'string' || !/^https?:\/\/[^\s?#@]+$/i.test(one) || !URL.canParse(one))
        report('error', ['issuers', at], 'invalid_value', 'expected an absolute https URL');
      else if (isInsecure(new URL(one)))
        report('warning', ['issuers', at], 'insecure', 'http lets others choose the keys: use https');
    });
    return;
  }
  const url = URL.canParse(jwksUrl) ? new URL(jwksUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '')
    report('error', ['jwksUrl'], 'invalid_value', 'expected an absolute https URL without credentials, or a path');
  else if (isInsecure(url))
    report('warning', ['jwksUrl'], 'insecure', 'http lets others choose the keys: use https');
  if (listed.length === 0)
    report('warning', ['issuers'], 'insecure', 'is empty: tokens of every issuer that signs with these keys are accepted');
} // prettier-ignore

function checkAlgorithms(
  { algorithms, signingSecret }: RawOptions<typeof jwtSchema.shape>,
  report: Report,
): void {
  if (!Array.isArray(algorithms)) return;
  const isSecret = isGiven(signingSecret);
  const fitting: readonly string[] = isSecret ? secretAlgorithms : asymmetricAlgorithms;
  algorithms.forEach((name: unknown, at) => {
    if (typeof name === 'string' && !fitting.includes(name))
      report(
        'error',
        ['algorithms', at],
        'invalid_value',
        isSecret ? 'signingSecret needs one of HS256, HS384, HS512' : 'only signingSecret serves HMAC',
      );
  });
}

function checkQueryKeys(
  { tokenKey, tokenQueryKey }: RawOptions<typeof jwtSchema.shape>,
  report: Report,
): void {
  for (const [name, value] of Object.entries({ tokenKey, tokenQueryKey }))
    if (typeof value === 'string' && value !== '' && !/^[A-Za-z0-9._~-]+$/.test(value))
      report('error', [name], 'invalid_value', 'expected letters, digits and . _ ~ -');
  if (isGiven(tokenKey) && isGiven(tokenQueryKey) && tokenKey !== tokenQueryKey)
    report('error', ['tokenQueryKey'], 'duplicate_option', 'tokenKey names another parameter');
  if (isGiven(tokenKey) || isGiven(tokenQueryKey))
    report(
      'warning',
      [isGiven(tokenKey) ? 'tokenKey' : 'tokenQueryKey'],
      'insecure',
      'URLs with tokens end up in logs and histories of callers and proxies: send Authorization (RFC 6750 section 2.3)',
    );
}
