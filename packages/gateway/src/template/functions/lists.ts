import { isDeepStrictEqual } from 'node:util';
import { formatValue } from '../format.ts';
import type { TemplateFunction } from '../template-function.ts';
import { FunctionRefusal, define, defineVariadic } from '../template-function.ts';
import type { Value } from '../value.ts';
import { isTrue, toDict, toList } from '../value.ts';
import { toInteger, toTexts } from './conversion.ts';

const list = defineVariadic([], 'any', (_, items) => toList(items));

/** Go's `reflect.DeepEqual`. */
const isSame = (one: Value, other: Value): boolean => isDeepStrictEqual(one, other);

/** sprig's functions for lists and dictionaries; keys and values are sorted by key. */
export const listFunctions: Readonly<Record<string, TemplateFunction>> = {
  list,
  tuple: list,
  dict: defineVariadic([], 'any', (_, values) =>
    toDict(
      values.flatMap((key, index): [string, Value][] =>
        index % 2 === 0
          ? [[formatValue(key), index + 1 < values.length ? (values[index + 1] ?? null) : '']]
          : [],
      ),
    ),
  ),
  get: define(['dict', 'string'], ([{ entries }, key]) =>
    entries.has(key) ? (entries.get(key) ?? null) : '',
  ),
  hasKey: define(['dict', 'string'], ([{ entries }, key]) => entries.has(key)),
  keys: defineVariadic([], 'dict', (_, dicts) =>
    toList(
      dicts.flatMap(({ entries }) => [...entries.keys()]),
      '[]string',
    ),
  ),
  values: define(['dict'], ([{ entries }]) => toList([...entries.values()])),
  has: define(['any', 'list'], ([needle, { items }]) => items.some((item) => isSame(item, needle))),
  without: defineVariadic(['list'], 'any', ([{ items }], left) =>
    toList(items.filter((item) => !left.some((one) => isSame(item, one)))),
  ),
  uniq: define(['list'], ([{ items }]) =>
    toList(items.filter((item, index) => items.findIndex((other) => isSame(item, other)) === index)),
  ),
  toStrings: define(['any'], ([value]) => toList(toTexts(value), '[]string')),
  first: define(['list'], ([{ items }]) => items[0] ?? null),
  last: define(['list'], ([{ items }]) => items.at(-1) ?? null),
  rest: define(['list'], ([{ items }]) => toList(items.slice(1))),
  initial: define(['list'], ([{ items }]) => toList(items.slice(0, -1))),
  reverse: define(['list'], ([{ items }]) => toList([...items].reverse())),
  compact: define(['list'], ([{ items }]) => toList(items.filter(isTrue))),
  append: define(['list', 'any'], ([{ items }, item]) => toList([...items, item])),
  prepend: define(['list', 'any'], ([{ items }, item]) => toList([item, ...items])),
  concat: defineVariadic([], 'list', (_, lists) => toList(lists.flatMap(({ items }) => items))),
  sortAlpha: define(['any'], ([value]) =>
    toList(
      [...toTexts(value)].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))),
      '[]string',
    ),
  ),
  // sprig's `slice` replaces Go's function of that name; it accepts lists only.
  slice: defineVariadic(['list'], 'any', ([{ items, type }], bounds) => {
    if (items.length === 0) return null;
    const [from = 0n, to = BigInt(items.length)] = bounds.map(toInteger);
    if (from < 0n || to > BigInt(items.length) || from > to)
      throw new FunctionRefusal('the index is out of range');
    return toList(items.slice(Number(from), Number(to)), type);
  }),
  join: define(['string', 'any'], ([separator, value], { work }) => {
    const texts = toTexts(value);
    work((texts.length * separator.length) >> 4);
    return texts.join(separator);
  }),
};
