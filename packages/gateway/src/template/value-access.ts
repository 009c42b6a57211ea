import type { NumberLiteral, Pipe } from './node.ts';
import { TemplateFault } from './template-fault.ts';
import type { Value } from './value.ts';
import { isDict, isInt, isList, toInt, typeOf } from './value.ts';

/** Number of steps that a value counts as. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return value.length >> 4;
  return isList(value) ? value.items.length : isDict(value) ? value.entries.size : 0;
}

/** A number literal of a template. */
export const toConstant = ({ int, float, isFloat }: NumberLiteral): Value =>
  isFloat ? (float ?? 0) : toInt(int ?? 0n);

/** Items that a `range` iterates over. @throws TemplateFault */
export function* entriesOf(value: Value, pipe: Pipe): Iterable<readonly [key: Value, item: Value]> {
  if (isList(value)) {
    let index = 0;
    for (const item of value.items) yield [toInt(index++), item];
  } else if (isDict(value)) yield* value.entries;
  else if (isInt(value)) {
    if (pipe.variables.length > 1)
      throw new TemplateFault('a range over a number has one variable', pipe.offset);
    for (let count = 0n; count < value.value; count += 1n) yield [null, { ...value, value: count }];
  } else if (value !== null)
    throw new TemplateFault(`range cannot iterate over ${typeOf(value)}`, pipe.offset);
}

/** The value at a path of fields of a dictionary. @throws TemplateFault */
export function fieldsOf(value: Value, fields: readonly string[], offset: number, isOfDot = false): Value {
  let at = value;
  for (const field of fields) {
    if (at === null) return null;
    if (!isDict(at)) {
      const reason =
        isOfDot && value === false
          ? `there is no .${fields.join('.')}: a file of routes is rendered without data${helmHint(fields)}`
          : `there is no field ${field} in ${typeOf(at)}`;
      throw new TemplateFault(reason, offset);
    }
    at = at.entries.get(field) ?? null;
  }
  return at;
}

const helmHint = ([first = '']: readonly string[]): string =>
  ['Values', 'Release', 'Chart', 'Capabilities', 'Files', 'Template'].includes(first)
    ? ' (it belongs to Helm: render the chart first, for example with helm template)'
    : '';
