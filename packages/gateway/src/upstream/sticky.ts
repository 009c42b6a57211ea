import { createHash } from 'node:crypto';
import type { StickyConfig } from '../config/dynamic.ts';

/** Value that identifies a server in a cookie without disclosing its URL. */
export function toStickyId(url: string): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 16);
}

/** Values of earlier versions of Traefik: the URL of a server, its hash, or the hash of that hash. */
export function toFormerIds(url: string): readonly string[] {
  const hash = fnv64(url);
  return [url, hash, fnv64(hash)];
}

/** FNV-1 of 64 bits, in hexadecimal digits. */
function fnv64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, hash * 0x100000001b3n) ^ BigInt(byte);
  return hash.toString(16);
}

/** The `Set-Cookie` value (RFC 6265 section 4.1) that binds a caller to a server. */
export function toStickyCookie(config: StickyConfig, id: string): string {
  let cookie = `${config.cookieName}=${id}; Path=${config.path}`;
  if (config.domain !== undefined) cookie += `; Domain=${config.domain}`;
  // A negative value expires the cookie at once, as in Traefik.
  if (config.maxAgeSeconds !== 0) cookie += `; Max-Age=${Math.max(0, config.maxAgeSeconds)}`;
  if (config.httpOnly) cookie += '; HttpOnly';
  if (config.secure) cookie += '; Secure';
  if (config.sameSite !== undefined) cookie += `; SameSite=${sameSiteNames[config.sameSite]}`;
  return cookie;
}

const sameSiteNames = { none: 'None', lax: 'Lax', strict: 'Strict' } as const;

/** Value of the first cookie of that name in raw headers, without quotes (RFC 6265 section 4.2); undefined for none. */
export function findCookie(rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.length !== 6 || rawHeaders[i]?.toLowerCase() !== 'cookie') continue;
    for (const pair of rawHeaders[i + 1]?.split(';') ?? []) {
      const equals = pair.indexOf('=');
      if (equals > 0 && pair.slice(0, equals).trim() === name)
        return pair
          .slice(equals + 1)
          .trim()
          .replace(/^"(.*)"$/, '$1');
    }
  }
  return undefined;
}
