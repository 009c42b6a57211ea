import type { TemplateFunction } from '../template-function.ts';
import { FunctionRefusal, define } from '../template-function.ts';
import { formatTime, layoutOf } from '../format-time.ts';
import { isInt, isTime, toTime, typeOf, type Time, type Value } from '../value.ts';

/** The time at which a file is rendered, and how it is written. */
export const dateFunctions: Readonly<Record<string, TemplateFunction>> = {
  now: define([], (_, { now }) => toTime(now())),
  date: define(['string', 'any'], ([layout, value]) => formatTime(toMoment(value), layoutOf(layout))),
  unixEpoch: define(['any'], ([value]) => {
    if (value === null || !isTime(value)) throw new FunctionRefusal(`expected a time, got ${typeOf(value)}`);
    return String(Math.floor(value.ms / 1000));
  }),
};

/** Integers are seconds since 1970, as in sprig. */
function toMoment(value: Value): Time {
  if (value !== null && isTime(value)) return value;
  // sprig uses the current time for other types, which is never intended.
  if (value === null || !isInt(value)) throw new FunctionRefusal(`expected a time, got ${typeOf(value)}`);
  const ms = Number(value.value) * 1000;
  if (!(Math.abs(ms) <= 8.64e15)) throw new FunctionRefusal('the time is out of range');
  return toTime(ms);
}
