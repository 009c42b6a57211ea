import { parseInteger } from '../number-literal.ts';
import { formatValue } from '../format.ts';
import type { Value } from '../value.ts';
import { isInt, isList } from '../value.ts';

/** A value as an integer: what cannot be read as one is 0. */
export function toInteger(value: Value): bigint {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number')
    return Number.isFinite(value) ? BigInt.asIntN(64, BigInt(Math.trunc(value))) : 0n;
  // `3.0` is 3, `3.5` is nothing.
  if (typeof value === 'string') return parseInteger(value.replace(/\.0+$/, '')) ?? 0n;
  return value !== null && isInt(value) ? value.value : 0n;
}

/** The texts of the items of a list, nil left out; any other value is one text. */
export function toTexts(value: Value): readonly string[] {
  if (value !== null && isList(value)) return value.items.filter((item) => item !== null).map(formatValue);
  return value === null ? [] : [formatValue(value)];
}
