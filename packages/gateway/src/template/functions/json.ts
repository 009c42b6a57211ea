import type { TemplateFunction } from '../template-function.ts';
import { define } from '../template-function.ts';
import type { Value } from '../value.ts';
import { formatTime, layoutOf } from '../format-time.ts';
import { isInt, isList, isTime, toDict, toList } from '../value.ts';

const jsonLayout = layoutOf('2006-01-02T15:04:05.999999999Z07:00');

export const jsonFunctions: Readonly<Record<string, TemplateFunction>> = {
  // As in sprig, malformed JSON is nil.
  fromJson: define(['string'], ([text], { work }) => {
    work(text.length);
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return null;
    }
    return fromPlain(parsed);
  }),
  toJson: define(['any'], ([value]) => toJson(value).replace(/[<>&\u2028\u2029]/g, escapeUnicode)),
  toRawJson: define(['any'], ([value]) => toJson(value).replace(/[\u2028\u2029]/g, escapeUnicode)),
};

const escapeUnicode = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;

function fromPlain(plain: unknown): Value {
  if (Array.isArray(plain)) return toList(plain.map(fromPlain));
  if (typeof plain === 'object' && plain !== null)
    return toDict(Object.entries(plain).map(([key, item]) => [key, fromPlain(item)]));
  return typeof plain === 'string' || typeof plain === 'number' || typeof plain === 'boolean' ? plain : null;
}

/** Sorts keys as Go does. */
function toJson(value: Value): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value).replace(/\u007f/g, '\u007f');
  if (isInt(value)) return String(value.value);
  if (isList(value)) return `[${value.items.map(toJson).join(',')}]`;
  if (isTime(value)) return JSON.stringify(formatTime(value, jsonLayout));
  return `{${Array.from(value.entries, ([key, item]) => `${JSON.stringify(key)}:${toJson(item)}`).join(',')}}`;
}
