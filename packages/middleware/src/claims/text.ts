import type { JsonValue } from './claims.ts';
import { JsonNumber } from './claims.ts';

/** Text of a string, number (as it stood in the token) or boolean; undefined for anything else. */
export function claimText(value: JsonValue | undefined): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  return value instanceof JsonNumber ? value.text : undefined;
}
