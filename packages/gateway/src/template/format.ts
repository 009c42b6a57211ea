import type { Value } from './value.ts';
import { formatTime, layoutOf } from './format-time.ts';
import { isInt, isList, isTime } from './value.ts';

const goLayout = layoutOf('2006-01-02 15:04:05.999999999 -0700 MST');

/** Text that an action writes. */
export const printValue = (value: Value): string => (value === null ? '<no value>' : formatValue(value));

/** A value as Go's `%v` formats it. */
export function formatValue(value: Value): string {
  if (value === null) return '<nil>';
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return formatFloat(value);
  if (isInt(value)) return String(value.value);
  if (isList(value)) return `[${value.items.map(formatValue).join(' ')}]`;
  if (isTime(value)) return formatTime(value, goLayout);
  return `map[${Array.from(value.entries, ([key, item]) => `${key}:${formatValue(item)}`).join(' ')}]`;
}

/** The shortest digits, with an exponent below -4 and from 6 on: `%v` of a `float64`. */
export function formatFloat(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
  if (Object.is(value, -0)) return '-0';
  const size = Math.abs(value);
  return size === 0 || (size >= 1e-4 && size < 1e6) ? String(value) : padExponent(value.toExponential());
}

/** At least two digits, as in C and Go. */
export const padExponent = (text: string): string => text.replace(/e([+-])(\d)$/, 'e$10$2');

const named: Readonly<Record<string, string>> = {
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
};

/** A Go string literal: `%q`. */
export function quoteString(text: string): string {
  let quoted = '"';
  for (const char of text) quoted += escapeChar(char);
  return `${quoted}"`;
}

function escapeChar(char: string): string {
  const short = Object.hasOwn(named, char) ? named[char] : undefined;
  if (short !== undefined) return short;
  if (char === ' ' || /[\p{L}\p{M}\p{N}\p{P}\p{S}]/u.test(char)) return char;
  const code = char.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, '0')}`;
  return code > 0xffff ? `\\U${hex.padStart(8, '0')}` : `\\u${hex.padStart(4, '0')}`;
}
