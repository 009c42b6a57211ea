import { normalizeHeaderName } from '../base/header-name.ts';
import {
  absent,
  malformed,
  type CredentialPlace,
  type CredentialReading,
  type CredentialRequest,
} from './credential-reading.ts';
import { readQueryCredentials, removeQueryCredentials } from './query-credential.ts';

/**
 * Characters of a credential. `b64token`: bearer tokens (RFC 6750 section 2.1). `visible`: every visible ASCII character, for
 * opaque tokens of servers that use more characters, and for API keys.
 */
export type CredentialSyntax = 'b64token' | 'visible';

/** Maximum length of a credential in characters; a longer one is malformed. */
export const maxCredentialLength: number = 16 * 1024;

const patterns: Readonly<Record<CredentialSyntax, RegExp>> = {
  b64token: /^[A-Za-z0-9\-._~+/]+=*$/,
  visible: /^[\x21-\x7e]+$/,
};

/** The fault of a credential, for callers; undefined for a well-formed one. */
function findCredentialFault(value: string, syntax: CredentialSyntax): string | undefined {
  if (value === '') return 'is empty';
  if (value.length > maxCredentialLength) return `is longer than ${maxCredentialLength} characters`;
  return patterns[syntax].test(value) ? undefined : 'has characters that it must not have';
}

/** Places for a credential; at least one. */
export interface CredentialSourceOptions {
  /** Name of a header, in any letter case; undefined: none. */
  readonly header: string | undefined;
  /** Schemes before the credential in that header, in any letter case; empty: the whole value is the credential. */
  readonly schemes: readonly string[];
  /** Name of a query parameter, case-sensitive; undefined: none. */
  readonly query: string | undefined;
  /** Name of a cookie, case-sensitive; undefined: none. */
  readonly cookie: string | undefined;
  readonly syntax: CredentialSyntax;
  /** Noun for callers: `token`, `API key`. */
  readonly noun: string;
}

/** Parts of a request that are replaced to withhold the credential from the server; undefined: unchanged. */
export interface StrippedRequest {
  /** Path and query. */
  readonly target: string | undefined;
  /** Value of `Cookie`; empty when no other cookie is left. */
  readonly cookie: string | undefined;
}

/** Reads the credential of a request from configured headers, parameters and cookies. */
export interface CredentialSource {
  /**
   * The header comes first. A credential in both header and query, or twice in one place, is malformed (RFC 6750 sections 2 and
   * 3.1). The cookie counts only when there is no other credential, because browsers send it with every request.
   */
  read(request: CredentialRequest): CredentialReading;
  /**
   * The value of the header, if it alone determines the result of `read` because callers use no other place. Undefined without the header,
   * for a value that is too long, and when there are several places.
   */
  raw(request: CredentialRequest): string | undefined;
  /** Parts of query and cookies to withhold from the server. A header that carries credentials is in `removeHeaders`. */
  strip(request: CredentialRequest): StrippedRequest;
  /** Name and value of the header with the server's credential; `authorization` with `Bearer` when callers use no header. */
  forward(found: Extract<CredentialReading, { readonly kind: 'found' }>): readonly [string, string];
  /** The header that carries credentials, in the form of `normalizeHeaderName`; empty for none. */
  readonly removeHeaders: ReadonlySet<string>;
  /** Names of headers, parameters and cookies with credentials, for redaction in logs; a header in lower case. */
  readonly secretNames: Readonly<Record<CredentialPlace, string | undefined>>;
}

export function createCredentialSource(options: CredentialSourceOptions): CredentialSource {
  const { query, cookie, schemes, syntax, noun } = options;
  const header = options.header?.toLowerCase();
  const missing = absent(describeMissing(options));
  const twice = malformed(`The request has more than one ${noun}.`);
  const judge = (value: string | undefined, place: CredentialPlace, scheme?: string): CredentialReading => {
    const fault = value === undefined ? 'has a malformed encoding' : findCredentialFault(value, syntax);
    return value === undefined || fault !== undefined
      ? malformed(`The ${noun} in the ${place} ${fault ?? ''}.`)
      : { kind: 'found', value, place, scheme };
  };
  const valueOf = (request: CredentialRequest): string | undefined =>
    header === 'authorization' || header === undefined ? request.authorization : request.header(header);
  const readHeader = (request: CredentialRequest): CredentialReading | undefined => {
    if (header === undefined) return undefined;
    const value = valueOf(request);
    if (value === undefined || value === '') return undefined;
    if (schemes.length === 0) return judge(value, 'header');
    const space = value.indexOf(' ');
    const written = (space < 0 ? value : value.slice(0, space)).toLowerCase();
    const scheme = schemes.find((one) => one.toLowerCase() === written);
    // Another scheme is another kind of credential, such as that of an earlier middleware.
    if (scheme === undefined) return undefined;
    // RFC 9110 section 11.4: one or more spaces.
    return judge(space < 0 ? '' : value.slice(space).replace(/^ +/, ''), 'header', scheme);
  };
  const readOne = (values: readonly (string | undefined)[], place: CredentialPlace) =>
    values.length > 1 ? twice : values.length === 1 ? judge(values[0], place) : undefined;
  return Object.freeze({
    read(request) {
      const inHeader = readHeader(request);
      const inQuery =
        query === undefined ? undefined : readOne(readQueryCredentials(request.target, query), 'query');
      if (inHeader !== undefined && inQuery !== undefined) return twice;
      const found = inHeader ?? inQuery;
      if (found !== undefined || cookie === undefined) return found ?? missing;
      return readOne(readCookieCredentials(request.header('cookie') ?? '', cookie), 'cookie') ?? missing;
    },
    raw(request) {
      if (query !== undefined || cookie !== undefined) return undefined;
      const value = valueOf(request);
      return value === undefined || value.length > longestRaw ? undefined : value;
    },
    strip(request) {
      const target = query === undefined ? request.target : removeQueryCredentials(request.target, query);
      const cookies = cookie === undefined ? undefined : request.header('cookie');
      const kept =
        cookie === undefined || cookies === undefined ? cookies : removeCookieCredentials(cookies, cookie);
      if (target === request.target && kept === cookies) return unchanged;
      return {
        target: target === request.target ? undefined : target,
        cookie: kept === cookies ? undefined : kept,
      };
    },
    forward({ scheme, value }) {
      const written =
        scheme ??
        (header === undefined || header === 'authorization' ? (schemes[0] ?? 'Bearer') : schemes[0]);
      const text = written === undefined ? value : `${written} ${value}`;
      // One string from the outset: the engine would copy a concatenation as soon as it is sent.
      return [header ?? 'authorization', Buffer.from(text, 'latin1').toString('latin1')];
    },
    removeHeaders: new Set(header === undefined ? [] : [normalizeHeaderName(header)]),
    secretNames: Object.freeze({ header, query, cookie }),
  } satisfies CredentialSource);
}

/** Characters of a header with the longest credential; enough for any scheme. */
const longestRaw = maxCredentialLength + 64;

const unchanged: StrippedRequest = Object.freeze({ target: undefined, cookie: undefined });

function describeMissing({ header, schemes, query, cookie, noun }: CredentialSourceOptions): string {
  const [scheme] = schemes;
  const places = [
    header && (scheme === undefined ? `header ${header}` : `header ${header} with scheme ${scheme}`),
    query && `query parameter ${query}`,
    cookie && `cookie ${cookie}`,
  ].filter((place) => place !== undefined);
  return `Send the ${noun} in the ${places.join(', or the ')}.`;
}

/** The values of a cookie, without quotes (RFC 6265 section 4.1.1). @param header value of `Cookie`. */
function readCookieCredentials(header: string, name: string): readonly string[] {
  return header.split(';').flatMap((pair) => {
    const [own, value] = splitPair(pair);
    return own === name ? [unquote(value)] : [];
  });
}

/** The value of `Cookie` without every cookie of that name; empty when none is left, the same text when there was none. */
function removeCookieCredentials(header: string, name: string): string {
  const pairs = header.split(';');
  const kept = pairs.filter((pair) => splitPair(pair)[0] !== name);
  return kept.length === pairs.length ? header : kept.join(';').trim();
}

function splitPair(pair: string): readonly [name: string, value: string] {
  const equals = pair.indexOf('=');
  return equals < 0 ? [pair.trim(), ''] : [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()];
}

const unquote = (value: string): string =>
  value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
