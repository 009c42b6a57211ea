import { decodePercent, encodeBareBytes, isWellFormed } from './percent.ts';

/** Nothing in such a path is to be decoded, removed or refused. Runs on every request. */
const plainPath = /^(?:\/(?![./])[!$&-.0-;=@-Z_a-z~]*)*\/?$/;

/**
 * The path as Traefik forwards it after its defaults `sanitizePath` and path normalisation: unreserved characters
 * decoded, hexadecimal digits in upper case, `.`, `..` and repeated slashes removed. Undefined for a path that no server
 * should act on: a malformed percent-encoding, or a fragment. `*` (RFC 9112 section 3.2.4) stays as it is.
 *
 * @see RFC 3986 sections 6.2.2.1 to 6.2.2.3
 */
export function sanitizePath(path: string): string | undefined {
  if (plainPath.test(path)) return path;
  if (path.includes('#') || !isWellFormed(path)) return undefined;
  if (!path.startsWith('/')) return path;
  return removeDotSegments(
    decodePercent(encodeBareBytes(path), (byte) => !unreserved.test(String.fromCharCode(byte))),
  );
}

const unreserved = /[A-Za-z0-9._~-]/;

function removeDotSegments(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  // As Go's path cleaning has it, and so Traefik: `/a/..` and `/a/.` lose the slash that RFC 3986 would leave.
  const trailing = kept.length > 0 && path.endsWith('/') ? '/' : '';
  return `/${kept.join('/')}${trailing}`;
}

/**
 * The path that rules see, as in Traefik: sanitised, and percent-decoded but for the reserved characters of RFC 3986
 * section 2.2 and `%` itself, so that PathPrefix(`/foo bar`) matches `/foo%20bar` and `%2F` never turns into a separator.
 * Undefined for a path that no server should act on.
 */
export function toRoutingPath(path: string): string | undefined {
  if (plainPath.test(path)) return path;
  const sanitized = sanitizePath(path);
  return sanitized?.includes('%') === true
    ? decodePercent(sanitized, (byte) => reserved.includes(String.fromCharCode(byte)))
    : sanitized;
}

const reserved = ":/?#[]@!$&'()*+,;=%";
