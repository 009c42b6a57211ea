import { z } from 'zod';
import type { Report } from './report.ts';
import { isText, secret, toText } from './secret-schema.ts';

/** A list without its empty texts; a single text becomes a list of one, and anything else an empty list. */
export const toList = (value: unknown): string[] =>
  [value].flat().filter((text): text is string => typeof text === 'string' && text !== '');

/** Scopes in the form in which they are sent, each once. */
export const toScopes = (scopes: unknown): string[] => [
  ...new Set(toList(scopes).flatMap((text) => text.split(/\s+/).filter((scope) => scope !== ''))),
];

export const texts = z.union([z.string().min(1), z.array(z.string().min(1))], {
  error: 'expected a text or a list of texts',
});

/** A text or a list of texts; the option is a list, and empty when it is omitted. */
export const textList = texts.optional().transform(toList);

export const scopesSchema = z
  .union(texts.options, { error: 'expected a list of scopes or a string of scopes separated by spaces' })
  .optional()
  .transform(toScopes)
  .describe('Sent as `scope`: a list, or a string of scopes separated by spaces.');

export const resourceSchema = z
  .union(texts.options, { error: 'expected a URI or a list of URIs' })
  .optional()
  .transform(toList)
  .describe('Sent as `resource`, once per value (RFC 8707).');

const namedSecrets = z
  .record(z.string(), secret)
  .optional()
  .transform((values = {}) => values);

export const endpointParamsSchema = namedSecrets.describe(
  'Additional parameters of the token request, by name.',
);

export const headersSchema = namedSecrets.describe('Additional headers of the token request, by name.');

/** The options that add to a token request; each may have a type that the schema refused. */
export interface RequestShape {
  readonly scopes?: unknown;
  readonly resource?: unknown;
  readonly endpointParams?: unknown;
  readonly headers: unknown;
  /** Headers that the gateway sets itself but that may be configured nevertheless, in lower case. Default: none. */
  readonly ownHeaders?: readonly string[] | undefined;
  /** Further parameters that the gateway sets itself, with the option for each. Default: none. */
  readonly ownParameters?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Parameters that have their own option or that authenticate the client. */
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
  {
    scopes,
    resource,
    endpointParams,
    headers,
    ownHeaders: permitted = [],
    ownParameters: more,
  }: RequestShape,
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
  const parameters = { ...ownParameters, ...more };
  for (const [name] of entriesOf(endpointParams)) {
    if (!Object.hasOwn(parameters, name)) continue;
    const option = parameters[name];
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

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];
