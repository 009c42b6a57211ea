import type { Claims, JsonValue } from './claims.ts';
import { JsonNumber } from './claims.ts';

/** Keys from the outermost object inwards. */
export type ClaimPath = readonly string[];
export type ParsedClaimPath =
  { readonly ok: true; readonly path: ClaimPath } | { readonly ok: false; readonly message: string };

/** Parses `user.name`; `\.` is a dot in a key and `\\` a backslash. */
export function parseClaimPath(text: string): ParsedClaimPath {
  const path: string[] = [];
  let key = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '.') {
      path.push(key);
      key = '';
    } else if (char === '\\') {
      at += 1;
      const [next = ''] = text.slice(at);
      if (next !== '.' && next !== '\\') {
        const found = next === '' ? 'a claim path ends with \\' : `unknown escape \\${next} in a claim path`;
        return { ok: false, message: `${found}: expected \\. or \\\\` };
      }
      key += next;
    } else key += char;
  }
  path.push(key);
  return path.includes('') ? { ok: false, message: 'a claim path has an empty key' } : { ok: true, path };
}

/** The claim at a path; undefined when it is missing. Looks at own properties of objects only. */
export function readClaim(claims: Claims, path: ClaimPath): JsonValue | undefined {
  let at: JsonValue | undefined = claims;
  for (const key of path) {
    if (
      typeof at !== 'object' ||
      at === null ||
      Array.isArray(at) ||
      at instanceof JsonNumber ||
      !Object.hasOwn(at, key)
    )
      return undefined;
    at = (at as Claims)[key];
  }
  return at;
}
