import { parseInteger } from '../number-literal.ts';
import { formatValue } from '../format.ts';
import type { Value } from '../value.ts';
import { isInt, isList } from '../value.ts';

/** Converts a value to an integer; an unsuitable value becomes 0. */
export function toInteger(value: Value): bigint {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number')
    return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : 0n;
  // `3.0` is 3, but `3.5` is not an integer.
  if (typeof value === 'string') return parseInteger(value.replace(/\.0+$/, '')) ?? 0n;
  return value !== null && isInt(value) ? value.value : 0n;
}

/** The items of a list as texts, without nil; any other value becomes a single text. */
export function toTexts(value: Value): readonly string[] {
  if (value !== null && isList(value)) return value.items.filter((item) => item !== null).map(formatValue);
  return value === null ? [] : [formatValue(value)];
}
