import type { Claims, JsonValue } from './claims.ts';
import { JsonNumber } from './claims.ts';
import { parseClaimPath, readClaim } from './path.ts';
import { claimJson } from './text.ts';

/** Characters (code points) of a value that are shown. */
const shownCharacters = 80;

/** Says what stands at a claim path, for people: `the claim grp is "admin"`, `the claim user.name is missing: ...`. */
export function describeClaim(key: string, claims: Claims): string {
  const parsed = parseClaimPath(key);
  if (!parsed.ok) return parsed.message;
  const { path } = parsed;
  const value = readClaim(claims, path);
  if (value !== undefined) return `the claim ${key} is ${describeValue(value)}`;
  return `the claim ${key} is missing${hint(key, path, claims)}`;
}

function hint(key: string, path: readonly string[], claims: Claims): string {
  // Claims named by a URL, as RFC 7519 section 4.2 suggests for private names, hold dots.
  if (path.length > 1 && Object.hasOwn(claims, key))
    return `: one has a dot in its name, write it as ${escapeKey(key)}`;
  for (let depth = 1; depth < path.length; depth += 1) {
    const value = readClaim(claims, path.slice(0, depth));
    const above = path.slice(0, depth).map(escapeKey).join('.');
    if (value === undefined) return `: there is no ${above}`;
    if (!isObject(value)) return `: ${above} is ${describeValue(value)}`;
  }
  return '';
}

const escapeKey = (key: string): string => key.replaceAll(/[\\.]/g, '\\$&');
const isObject = (value: JsonValue): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof JsonNumber);

function describeValue(value: JsonValue): string {
  const json = shorten(claimJson(value));
  if (Array.isArray(value)) return `an array of ${value.length}: ${json}`;
  if (isObject(value)) return `an object: ${json}`;
  if (value === null) return 'null';
  return json;
}

function shorten(text: string): string {
  const characters = Array.from(text);
  return characters.length <= shownCharacters ? text : `${characters.slice(0, shownCharacters).join('')}...`;
}
