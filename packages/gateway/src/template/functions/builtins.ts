import { formatValue } from '../format.ts';
import type { TemplateFunction } from '../template-function.ts';
import { FunctionRefusal, define, defineVariadic } from '../template-function.ts';
import type { Value } from '../value.ts';
import { isDict, isInt, isList, toInt, typeOf } from '../value.ts';
import { formatText } from './printf.ts';

/** Functions of `text/template` itself, comparisons excluded. */
export const builtinFunctions: Readonly<Record<string, TemplateFunction>> = {
  print: defineVariadic([], 'any', (_, values) => printAll(values)),
  println: defineVariadic([], 'any', (_, values) => `${values.map(formatValue).join(' ')}\n`),
  printf: defineVariadic(['string'], 'any', ([format], values, { work }) => formatText(format, values, work)),
  len: define(['any'], ([value]) => toInt(lengthOf(value))),
  index: defineVariadic(['any'], 'any', ([value], keys) => keys.reduce(itemAt, value)),
};

/** Adds a space between two values that are both not texts. */
function printAll(values: readonly Value[]): string {
  return values
    .map((value, index) => {
      const isApart = index > 0 && typeof value !== 'string' && typeof values[index - 1] !== 'string';
      return (isApart ? ' ' : '') + formatValue(value);
    })
    .join('');
}

function lengthOf(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (value !== null && isList(value)) return value.items.length;
  if (value !== null && isDict(value)) return value.entries.size;
  throw new FunctionRefusal(`${typeOf(value)} has no length`);
}

function itemAt(value: Value, key: Value): Value {
  if (value !== null && isDict(value)) {
    if (typeof key !== 'string') throw new FunctionRefusal(`expected string as key, got ${typeOf(key)}`);
    return value.entries.get(key) ?? null;
  }
  if (typeof value === 'string') {
    const bytes = Buffer.from(value);
    return toInt(bytes[toIndex(key, bytes.length - 1)] ?? 0, 'uint8');
  }
  if (value !== null && isList(value)) return value.items[toIndex(key, value.items.length - 1)] ?? null;
  throw new FunctionRefusal(`cannot index ${typeOf(value)}`);
}

function toIndex(key: Value, most: number): number {
  if (key === null || !isInt(key)) throw new FunctionRefusal(`expected int as index, got ${typeOf(key)}`);
  if (key.value < 0n || key.value > BigInt(most)) throw new FunctionRefusal('the index is out of range');
  return Number(key.value);
}
