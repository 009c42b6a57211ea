import { createHash } from 'node:crypto';
import type { StickyConfig } from '../config/dynamic.ts';

/** Names a server in a cookie without giving its URL away. */
export function toStickyId(url: string): string {
  return createHash('sha256').update(url).digest('hex').slice(0, 16);
}

/** The `Set-Cookie` value (RFC 6265 section 4.1) that binds a caller to a server. */
export function toStickyCookie(config: StickyConfig, id: string): string {
  let cookie = `${config.cookieName}=${id}; Path=/`;
  if (config.maxAgeSeconds > 0) cookie += `; Max-Age=${config.maxAgeSeconds}`;
  if (config.httpOnly) cookie += '; HttpOnly';
  if (config.secure) cookie += '; Secure';
  if (config.sameSite !== undefined) cookie += `; SameSite=${sameSiteNames[config.sameSite]}`;
  return cookie;
}

const sameSiteNames = { none: 'None', lax: 'Lax', strict: 'Strict' } as const;

/** Value of the first cookie of that name in raw headers (RFC 6265 section 4.2); undefined for none. */
export function findCookie(rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.length !== 6 || rawHeaders[i]?.toLowerCase() !== 'cookie') continue;
    for (const pair of rawHeaders[i + 1]?.split(';') ?? []) {
      const equals = pair.indexOf('=');
      if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim();
    }
  }
  return undefined;
}
