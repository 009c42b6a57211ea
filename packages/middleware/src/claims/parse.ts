import { parse } from 'lossless-json';
import type { Claims, JsonValue } from './claims.ts';
import { JsonNumber } from './claims.ts';

/** Maximum nesting of objects and arrays in claims; readers of claims may recurse. */
export const maxClaimsDepth = 256;

/** Parses a claims set, numbers kept as written; undefined when the text is not a JSON object or nested too deep. */
export const parseClaims = (json: string): Claims | undefined => read(json, () => {});

/** As `parseClaims`; `duplicate` when an object has two members of one name with different values (RFC 7519 section 4). */
export function parseUniqueClaims(json: string): Claims | 'duplicate' | undefined {
  let duplicates = 0;
  const claims = read(json, () => void (duplicates += 1));
  return duplicates === 0 ? claims : 'duplicate';
}

function read(json: string, onDuplicate: () => void): Claims | undefined {
  if (isDeeper(json, maxClaimsDepth)) return undefined;
  let value: unknown;
  try {
    value = parse(json, undefined, {
      parseNumber: (text) => new JsonNumber(text),
      onDuplicateKey({ newValue }) {
        onDuplicate();
        return newValue;
      },
    });
  } catch {
    return undefined;
  }
  return typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonNumber)
    ? (value as Record<string, JsonValue>)
    : undefined;
}

/** As `parseClaims`, in the types of `JSON.parse`; for text that is a JSON object. */
export function parsePlainClaims(json: string): Record<string, unknown> | undefined {
  return isDeeper(json, maxClaimsDepth) ? undefined : (JSON.parse(json) as Record<string, unknown>);
}

/** Whether brackets outside of strings open more than `limit` levels. */
function isDeeper(json: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < json.length; at += 1) {
    const char = json[at];
    if (inString) {
      if (char === '\\') at += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '[' || char === '{') {
      depth += 1;
      if (depth > limit) return true;
    } else if (char === ']' || char === '}') depth -= 1;
  }
  return false;
}
