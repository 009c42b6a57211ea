import type { Secret } from '../base/secret.ts';
import type { Report } from './report.ts';
import type { NamedSecrets } from './request-schema.ts';
import { isText, toSecret, toText } from './secret-schema.ts';

/** The options that add to a token request; each may have a type that the schema refused. */
export interface RequestShape {
  readonly scopes?: unknown;
  readonly resource?: unknown;
  readonly endpointParams?: unknown;
  readonly headers: unknown;
  /** Headers of ours that may be given all the same, in lower case. Default: none. */
  readonly ownHeaders?: readonly string[] | undefined;
}

/** Parameters that have their own option, or that authenticate the client. */
const ownParameters: Readonly<Record<string, string | undefined>> = {
  grant_type: undefined,
  client_id: 'clientID',
  client_secret: 'clientSecret',
  client_assertion: 'clientAuthentication',
  client_assertion_type: 'clientAuthentication',
  scope: 'scopes',
  audience: 'audience',
  resource: 'resource',
};

/** Headers that the gateway sets, or that determine the framing or the destination of a message. */
const ownHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'content-type',
  'content-length',
  'content-encoding',
  'host',
  'accept-encoding',
  'connection',
  'expect',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const headerValue = /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/;

/** Problems of these options that types do not express. */
export function checkRequest(
  { scopes, resource, endpointParams, headers, ownHeaders: permitted = [] }: RequestShape,
  report: Report,
): void {
  const invalid = (path: readonly (string | number)[], message: string): void =>
    report('error', path, 'invalid_value', message);
  for (const scope of toScopes(scopes))
    if (!scopeToken.test(scope))
      invalid(['scopes'], 'expected visible ASCII without " and \\ (RFC 6749 section 3.3)');
  for (const uri of toList(resource))
    if (!URL.canParse(uri) || uri.includes('#'))
      invalid(['resource'], 'expected an absolute URI without a fragment (RFC 8707 section 2)');
  for (const [name] of entriesOf(endpointParams)) {
    if (!Object.hasOwn(ownParameters, name)) continue;
    const option = ownParameters[name];
    invalid(
      ['endpointParams', name],
      option === undefined ? 'cannot be changed' : `is set by the option ${option}`,
    );
  }
  const seen = new Set<string>();
  for (const [name, value] of entriesOf(headers)) {
    const at = ['clientConfig', 'headers', name];
    const lower = name.toLowerCase();
    if (!headerName.test(name)) invalid(at, 'is not the name of a header');
    else if ((ownHeaders.has(lower) && !permitted.includes(lower)) || lower.startsWith('proxy-'))
      invalid(at, 'cannot be changed');
    else if (seen.has(lower)) invalid(at, 'is given twice (names are case-insensitive)');
    else if (isText(value) && toText(value) !== '' && !headerValue.test(toText(value)))
      invalid(at, 'has a character that no header can carry, or leading or trailing white space');
    seen.add(lower);
  }
}

/** URL of an HTTP proxy. It may contain credentials, so it is not repeated. */
export function checkProxy(proxy: unknown, report: Report): void {
  if (!isText(proxy)) return;
  const url = URL.canParse(toText(proxy)) ? new URL(toText(proxy)) : undefined;
  const isRight =
    url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    url.search === '' &&
    url.hash === '';
  if (!isRight)
    report(
      'error',
      ['clientConfig', 'proxy'],
      'invalid_value',
      'expected the http or https URL of a proxy, without a path',
    );
}

/** Scopes in the form in which they are sent, each once. */
export function toScopes(scopes: unknown): string[] {
  return [...new Set(toList(scopes).flatMap((text) => text.split(/\s+/)))].filter((scope) => scope !== '');
}

export const toList = (value: unknown): string[] =>
  [value].flat().filter((text): text is string => typeof text === 'string' && text !== '');

/** @returns frozen; the values as secrets. */
export function toNamedSecrets(values: NamedSecrets = {}): Readonly<Record<string, Secret>> {
  return Object.freeze(
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toSecret(value)])),
  );
}

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];
