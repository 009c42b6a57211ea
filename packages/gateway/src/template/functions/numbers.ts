import type { TemplateFunction, FunctionScope } from '../template-function.ts';
import { FunctionRefusal, define, defineVariadic } from '../template-function.ts';
import type { Int, List, Value } from '../value.ts';
import { toInt, toList } from '../value.ts';
import { toInteger } from './conversion.ts';

const toInt64 = (value: bigint): Int => toInt(value, 'int64');

/** Arithmetic with integers of 64 bits; a value that is not a number counts as 0. */
export const numberFunctions: Readonly<Record<string, TemplateFunction>> = {
  add: defineVariadic([], 'any', (_, values) =>
    toInt64(values.reduce<bigint>((sum, value) => sum + toInteger(value), 0n)),
  ),
  add1: define(['any'], ([value]) => toInt64(toInteger(value) + 1n)),
  sub: define(['any', 'any'], ([a, b]) => toInt64(toInteger(a) - toInteger(b))),
  mul: defineVariadic(['any'], 'any', ([first], more) =>
    toInt64(
      more.reduce<bigint>(
        (product, value) => BigInt.asIntN(64, product * toInteger(value)),
        toInteger(first),
      ),
    ),
  ),
  div: define(['any', 'any'], ([a, b]) => toInt64(toInteger(a) / divisor(b))),
  mod: define(['any', 'any'], ([a, b]) => toInt64(toInteger(a) % divisor(b))),
  max: defineVariadic(['any'], 'any', (first, more) => toInt64(pick([...first, ...more], (a, b) => a > b))),
  min: defineVariadic(['any'], 'any', (first, more) => toInt64(pick([...first, ...more], (a, b) => a < b))),
  int: define(['any'], ([value]) => toInt(toInteger(value))),
  int64: define(['any'], ([value]) => toInt64(toInteger(value))),
  atoi: define(['string'], ([text]) => toInt(/^[+-]?\d+$/.test(text) ? BigInt(text.replace('+', '')) : 0n)),
  until: define(['int'], ([count], scope) => steps(0n, count.value, count.value < 0n ? -1n : 1n, scope)),
  untilStep: define(['int', 'int', 'int'], ([start, stop, step], scope) =>
    steps(start.value, stop.value, step.value, scope),
  ),
};

function divisor(value: Value): bigint {
  const number = toInteger(value);
  if (number === 0n) throw new FunctionRefusal('division by zero');
  return number;
}

function pick(values: readonly Value[], isBetter: (a: bigint, b: bigint) => boolean): bigint {
  return values.map(toInteger).reduce((best, value) => (isBetter(value, best) ? value : best));
}

/** `stop` is excluded; the result is empty when `step` has the wrong sign. */
function steps(start: bigint, stop: bigint, step: bigint, { work }: FunctionScope): List {
  const distance = stop - start;
  if (step === 0n || distance === 0n || distance > 0n !== step > 0n) return toList([], '[]int');
  work(Number(distance / step));
  const items: Int[] = [];
  for (let at = start; step > 0n ? at < stop : at > stop; at += step) items.push(toInt(at));
  return toList(items, '[]int');
}
