import type { Claims, JsonValue } from './claims.ts';
import { JsonNumber } from './claims.ts';
import type { ClaimPath } from './path.ts';
import { parseClaimPath, readClaim } from './path.ts';
import { claimJson } from './text.ts';

/** Characters (code points) of a value to show. */
const shownCharacters = 80;

/** Describes the value at a claim path in words: `the claim grp is "admin"`, `the claim user.name is missing: ...`. */
export function describeClaim(key: string, claims: Claims): string {
  const parsed = parseClaimPath(key);
  if (!parsed.ok) return parsed.message;
  const { path } = parsed;
  const value = readClaim(claims, path);
  if (value !== undefined) return `the claim ${key} is ${describeValue(value)}`;
  return `the claim ${key} is missing${hint(path, claims)}`;
}

function hint(path: ClaimPath, claims: Claims): string {
  // Claims named by a URL, as RFC 7519 section 4.2 suggests for private names, contain dots; so do client IDs used as keys.
  const dotted = findDotted(path, claims);
  if (dotted !== undefined)
    return `: one has a dot in its name, write it as ${dotted.map(escapeKey).join('.')}`;
  for (let depth = 1; depth < path.length; depth += 1) {
    const value = readClaim(claims, path.slice(0, depth));
    const above = path.slice(0, depth).map(escapeKey).join('.');
    if (value === undefined) return `: there is no ${above}`;
    if (!isObject(value)) return `: ${above} is ${describeValue(value)}`;
  }
  return '';
}

/** The path to an existing claim when some adjacent keys of `path` form one name with dots. */
function findDotted(path: ClaimPath, at: JsonValue): ClaimPath | undefined {
  if (path.length === 0) return [];
  for (let length = path.length; length > 0; length -= 1) {
    const key = path.slice(0, length).join('.');
    const value = isObject(at) ? readClaim(at as Claims, [key]) : undefined;
    const rest = value === undefined ? undefined : findDotted(path.slice(length), value);
    if (rest !== undefined) return [key, ...rest];
  }
  return undefined;
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
