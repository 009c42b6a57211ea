import type { JsonValue } from './claims.ts';
import { JsonNumber } from './claims.ts';

/** Text of a string, number (as written in the token) or boolean; undefined for anything else. */
export function claimText(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return value instanceof JsonNumber ? value.text : undefined;
}

/** A value as JSON without white space; numbers as written in the token. */
export function claimJson(value: JsonValue): string {
  if (value instanceof JsonNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(claimJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, inner]: [string, JsonValue]) => `${JSON.stringify(key)}:${claimJson(inner)}`)
    .join(',')}}`;
}
