import { formatValue, quoteString } from '../format.ts';
import type { FunctionScope, TemplateFunction } from '../template-function.ts';
import { FunctionRefusal, define, defineVariadic } from '../template-function.ts';
import type { List } from '../value.ts';
import { toList } from '../value.ts';

/** Unicode's White_Space, which Go trims. */
const space = String.raw`[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]`;
const blanks = new RegExp(`^${space}+|${space}+$`, 'gu');

/** Functions of sprig on texts; `split` and `normalize` as Traefik defines them. */
export const textFunctions: Readonly<Record<string, TemplateFunction>> = {
  trim: define(['string'], ([text]) => text.replace(blanks, '')),
  trimAll: define(['string', 'string'], ([cutset, text]) => trimAll(text, cutset)),
  trimPrefix: define(['string', 'string'], ([prefix, text]) =>
    text.startsWith(prefix) ? text.slice(prefix.length) : text,
  ),
  trimSuffix: define(['string', 'string'], ([suffix, text]) =>
    text.endsWith(suffix) ? text.slice(0, text.length - suffix.length) : text,
  ),
  upper: define(['string'], ([text]) => mapChars(text, (char) => char.toUpperCase())),
  lower: define(['string'], ([text]) => mapChars(text, (char) => char.toLowerCase())),
  title: define(['string'], ([text]) => toTitle(text)),
  nospace: define(['string'], ([text]) => text.replace(new RegExp(space, 'gu'), '')),
  contains: define(['string', 'string'], ([part, text]) => text.includes(part)),
  hasPrefix: define(['string', 'string'], ([prefix, text]) => text.startsWith(prefix)),
  hasSuffix: define(['string', 'string'], ([suffix, text]) => text.endsWith(suffix)),
  replace: define(['string', 'string', 'string'], ([old, replacement, text], { work }) => {
    const parts = splitAt(text, old);
    work((parts.length * replacement.length) >> 4);
    // As Go does, inserts the replacement before each character and at the end if the search text is empty.
    return old === ''
      ? `${replacement}${parts.map((part) => part + replacement).join('')}`
      : parts.join(replacement);
  }),
  repeat: define(['int', 'string'], ([{ value: count }, text], { work }) => {
    if (count < 0n) throw new FunctionRefusal('expected a count of 0 or more');
    work(Number((count * BigInt(text.length)) >> 4n));
    return text === '' ? '' : text.repeat(Number(count));
  }),
  trunc: define(['int', 'string'], ([{ value: count }, text]) => {
    const length = BigInt(Buffer.byteLength(text));
    if (count < 0n) return length + count > 0n ? sliceText(text, length + count, length) : text;
    return length > count ? sliceText(text, 0n, count) : text;
  }),
  substr: define(['int', 'int', 'string'], ([{ value: from }, { value: to }, text]) => {
    const length = BigInt(Buffer.byteLength(text));
    const [begin, end] = from < 0n ? [0n, to] : [from, to < 0n || to > length ? length : to];
    if (begin > end || end > length) throw new FunctionRefusal('the position is out of range');
    return sliceText(text, begin, end);
  }),
  cat: defineVariadic([], 'any', (_, values) =>
    values.flatMap((value) => (value === null ? [] : formatValue(value))).join(' '),
  ),
  indent: define(['int', 'string'], ([{ value }, text], { work }) => indent(value, text, work)),
  nindent: define(['int', 'string'], ([{ value }, text], { work }) => `\n${indent(value, text, work)}`),
  quote: defineVariadic([], 'any', (_, values) =>
    values.flatMap((value) => (value === null ? [] : quoteString(formatValue(value)))).join(' '),
  ),
  squote: defineVariadic([], 'any', (_, values) =>
    values.flatMap((value) => (value === null ? [] : `'${formatValue(value)}'`)).join(' '),
  ),
  toString: define(['any'], ([value]) => formatValue(value)),
  splitList: define(['string', 'string'], ([separator, text], { work }) => splitText(text, separator, work)),
  split: define(['string', 'string'], ([text, separator], { work }) => splitText(text, separator, work)),
  normalize: define(['string'], ([text]) =>
    text
      .split(/[^\p{L}\p{N}]+/u)
      .filter((part) => part !== '')
      .join('-'),
  ),
};

/** Converts each character separately; one that would become several is unchanged. */
const mapChars = (text: string, map: (char: string) => string): string =>
  Array.from(text, (char) => {
    const mapped = map(char);
    return mapped.length === char.length ? mapped : char;
  }).join('');

/** Finds the first letter of each word, as Go's `strings.Title` does. */
function toTitle(text: string): string {
  let before = ' ';
  return mapChars(text, (char) => {
    const isStart = /[\0-\x7f]/.test(before) ? !/\w/.test(before) : /\s/u.test(before);
    before = char;
    return isStart ? char.toUpperCase() : char;
  });
}

function trimAll(text: string, cutset: string): string {
  const cut = new Set(cutset);
  const chars = Array.from(text);
  let [from, to] = [0, chars.length];
  while (from < to && cut.has(chars[from] ?? '')) from += 1;
  while (to > from && cut.has(chars[to - 1] ?? '')) to -= 1;
  return chars.slice(from, to).join('');
}

/** An empty separator splits into characters. */
const splitAt = (text: string, separator: string): readonly string[] =>
  separator === '' ? Array.from(text) : text.split(separator);

function splitText(text: string, separator: string, work: FunctionScope['work']): List {
  work(text.length >> 4);
  return toList(splitAt(text, separator), '[]string');
}

function indent(count: bigint, text: string, work: FunctionScope['work']): string {
  if (count < 0n) throw new FunctionRefusal('expected a count of 0 or more');
  const lines = text.split('\n');
  work(Number((count * BigInt(lines.length)) >> 4n));
  const pad = ' '.repeat(Number(count));
  return lines.map((line) => pad + line).join('\n');
}

/** A part of a text by bytes. @throws Refusal when a character would be cut in two. */
export function sliceText(text: string, from: bigint, to: bigint): string {
  const bytes = Buffer.from(text).subarray(Number(from), Number(to));
  const part = bytes.toString();
  if (Buffer.byteLength(part) !== bytes.length || !Buffer.from(part).equals(bytes))
    throw new FunctionRefusal('cuts a character in two: positions count bytes');
  return part;
}
