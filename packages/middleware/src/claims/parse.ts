import { parse } from 'lossless-json';
import type { Claims, JsonValue } from './claims.ts';
import { JsonNumber } from './claims.ts';

/** Parses a claims set, numbers kept as written; undefined when the text is not a JSON object. */
export function parseClaims(json: string): Claims | undefined {
  let value: unknown;
  try {
    value = parse(json, undefined, {
      parseNumber: (text) => new JsonNumber(text),
      onDuplicateKey: ({ newValue }) => newValue,
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
