import type { TemplateFunction } from '../template-function.ts';
import { FunctionRefusal, define, defineVariadic } from '../template-function.ts';
import type { Value } from '../value.ts';
import { isInt, isTrue, kindOf, typeOf } from '../value.ts';

/** Comparisons of `text/template`; `and` and `or` are evaluated before their arguments. */
export const comparisonFunctions: Readonly<Record<string, TemplateFunction>> = {
  eq: defineVariadic(['any'], 'any', ([first], more) => {
    if (more.length === 0) throw new FunctionRefusal('expected at least 2 arguments, got 1');
    return more.some((other) => isEqual(first, other));
  }),
  ne: define(['any', 'any'], ([a, b]) => !isEqual(a, b)),
  lt: define(['any', 'any'], ([a, b]) => compare(a, b) < 0),
  le: define(['any', 'any'], ([a, b]) => compare(a, b) <= 0),
  gt: define(['any', 'any'], ([a, b]) => compare(a, b) > 0),
  ge: define(['any', 'any'], ([a, b]) => compare(a, b) >= 0),
  not: define(['any'], ([value]) => !isTrue(value)),
  and: defineVariadic(['any'], 'any', ([first]) => first),
  or: defineVariadic(['any'], 'any', ([first]) => first),
};

const cannotCompare = (a: Value, b: Value): FunctionRefusal =>
  new FunctionRefusal(`cannot compare ${typeOf(a)} with ${typeOf(b)}`);

function isEqual(a: Value, b: Value): boolean {
  if (a === null || b === null) return a === b;
  if (isInt(a) && isInt(b)) return a.value === b.value;
  if (kindOf(a) !== kindOf(b) || typeof a === 'object') throw cannotCompare(a, b);
  return a === b;
}

/** Negative, 0 or positive. */
function compare(a: Value, b: Value): number {
  if (isInt(a) && isInt(b)) return a.value < b.value ? -1 : a.value > b.value ? 1 : 0;
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  // Compares texts by their bytes.
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  throw cannotCompare(a, b);
}
