import type { EncodedCharacters } from '../config/entry-point-config.ts';
import { decodePercent, encodeBareBytes, isWellFormed } from './percent.ts';

/** Matches a path in which nothing is decoded, removed or refused. Runs on every request. */
const plainPath = /^(?:\/(?![./;])[!$&-.0-;=@-Z_a-z~]*)*\/?$/;

/**
 * Reads the path of a request target: the path as Traefik forwards it with its default `sanitizePath` and path
 * normalisation: unreserved characters decoded, hexadecimal digits in upper case, `.`, `..` and repeated slashes removed.
 * `*` (RFC 9112 section 3.2.4) stays as it is. Undefined for a path that a server might interpret as another one.
 *
 * @see RFC 3986 sections 6.2.2.1 to 6.2.2.3
 */
export type ReadPath = (path: string) => string | undefined;

const codes: Readonly<Record<keyof EncodedCharacters, string>> = {
  allowEncodedSlash: '2F',
  allowEncodedBackSlash: '5C',
  allowEncodedNullCharacter: '00',
  allowEncodedSemicolon: '3B',
  allowEncodedPercent: '25',
  allowEncodedQuestionMark: '3F',
  allowEncodedHash: '23',
};

/** Matches the encoded characters that are not allowed; undefined: all are. */
export function toRefusedCharacters(allowed: EncodedCharacters): RegExp | undefined {
  const refused = Object.entries(codes).flatMap(([name, code]) =>
    allowed[name as keyof EncodedCharacters] ? [] : [code],
  );
  return refused.length === 0 ? undefined : new RegExp(`%(?:${refused.join('|')})`, 'i');
}

/**
 * Many servers decode a path a second time, or drop the parameters of its segments, before they look for a file or a handler. The
 * result must lie below the path that the rules matched. Therefore these are refused: encoded characters that are not allowed, a
 * backslash, control characters, malformed percent-encodings, overlong UTF-8, a fragment, and dot segments that only such a server
 * would see.
 */
export function createReadPath(allowed: EncodedCharacters): ReadPath {
  const encoded = toRefusedCharacters(allowed);
  return (path) => {
    if (plainPath.test(path)) return path;
    if (never.test(path) || encoded?.test(path) === true || !isWellFormed(path)) return undefined;
    if (!path.startsWith('/')) return path;
    const decoded = decodePercent(
      encodeBareBytes(path),
      (byte) => !unreserved.test(String.fromCharCode(byte)),
    );
    if (overlong.test(decoded) || hiddenStep.test(decoded)) return undefined;
    return removeDotSegments(decoded);
  };
}

const never = /[\u0000-\u0020\u007f\\#]/;

const unreserved = /[A-Za-z0-9._~-]/;

/** A character in more bytes than UTF-8 needs (RFC 3629 section 3): some decoders read `%C0%AF` as a slash. */
const overlong = /%C[01]%[89AB]|%E0%[89]|%F0%8/;

/**
 * Segments that become dot segments or empty ones in a server that decodes `%2F` and `%5C` or drops the text after `;`, `?`, `#`, a
 * null character or white space. The last segment may be empty before a `;`, which leads to the same place.
 */
const hiddenStep = new RegExp(
  [
    '(?:^|/|%2F|%5C)\\.{1,2}(?:%2F|%5C|;|%(?:3B|3F|23|00|20|09))',
    '(?:%2F|%5C)\\.{1,2}(?:/|$)',
    '/(?:;|%3B)[^/]*/',
  ].join('|'),
);

function removeDotSegments(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  // As in Go's path cleaning, and so in Traefik: `/a/..` and `/a/.` lose the slash that RFC 3986 would keep.
  const trailing = kept.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${kept.join('/')}${trailing}`;
}

/**
 * The path that rules match, as in Traefik: percent-decoded except for the reserved characters of RFC 3986 section 2.2 and `%`
 * itself, so that PathPrefix(`/foo bar`) matches `/foo%20bar` and `%2F` never turns into a separator.
 *
 * @param path as returned by `ReadPath`.
 */
export function toRoutingPath(path: string): string {
  return path.includes('%')
    ? decodePercent(path, (byte) => reserved.includes(String.fromCharCode(byte)))
    : path;
}

const reserved = ":/?#[]@!$&'()*+,;=%";
