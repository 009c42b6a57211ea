import { formatFloat, formatValue, padExponent, quoteString } from '../format.ts';
import { FunctionRefusal, type FunctionScope } from '../template-function.ts';
import type { Value } from '../value.ts';
import { isInt, isList, typeOf } from '../value.ts';

const verb = /%([-+# 0]*)(\d+)?(?:\.(\d*))?([a-zA-Z%])?/g;

/** Maximum padding: a template cannot write megabytes with one verb. */
const maxWidth = 10_000;

interface VerbLayout {
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
}

/**
 * Go's `fmt.Sprintf` with the verbs v, s, q, d, x, X, o, b, t, T, f, e and g.
 *
 * @throws Refusal where Go writes `%!d(string=...)`, `%!v(MISSING)` or `%!(EXTRA ...)`.
 */
export function formatText(format: string, values: readonly Value[], work: FunctionScope['work']): string {
  let used = 0;
  const text = format.replace(
    verb,
    (whole: string, flags: string, width = '0', precision: string | undefined, name: string | undefined) => {
      if (name === '%') return '%';
      if (name === undefined) throw new FunctionRefusal(`expected a verb after ${whole}`);
      if (used >= values.length) throw new FunctionRefusal(`%${name} has no argument`);
      const value = values[used++] ?? null;
      const layout = {
        flags,
        width: Number(width),
        precision: precision === undefined ? undefined : Number(precision),
      };
      if (Math.max(layout.width, layout.precision ?? 0) > maxWidth)
        throw new FunctionRefusal(`expected a width of at most ${maxWidth}`);
      work(1 + (layout.width >> 4));
      return pad(formatVerb(name, value, layout), value, name, layout);
    },
  );
  if (used < values.length) throw new FunctionRefusal(`has ${values.length - used} arguments without a verb`);
  return text;
}

function formatVerb(name: string, value: Value, layout: VerbLayout): string {
  const wrong = (): FunctionRefusal => new FunctionRefusal(`%${name} cannot format ${typeOf(value)}`);
  const { flags, precision } = layout;
  // As in Go, each item of a list is formatted separately.
  if (value !== null && isList(value) && !'vT'.includes(name))
    return `[${value.items.map((item) => pad(formatVerb(name, item, layout), item, name, layout)).join(' ')}]`;
  switch (name) {
    case 'v':
      return typeof value === 'string' ? cut(value, precision) : sign(formatValue(value), value, flags);
    case 'T':
      return value === null ? '<nil>' : typeOf(value);
    case 's':
    case 'q': {
      if (typeof value !== 'string') throw wrong();
      const text = cut(value, precision);
      return name === 's' ? text : quoteString(text);
    }
    case 't':
      if (typeof value !== 'boolean') throw wrong();
      return String(value);
    case 'f':
    case 'e':
    case 'g':
      if (typeof value !== 'number') throw wrong();
      return sign(formatNumber(name, value, precision), value, flags);
    default:
      return formatInteger(name, value, layout);
  }
}

function formatNumber(name: 'f' | 'e' | 'g', value: number, precision: number | undefined): string {
  if (name === 'f') return value.toFixed(Math.min(precision ?? 6, 100));
  if (name === 'e') return padExponent(value.toExponential(Math.min(precision ?? 6, 100)));
  if (precision !== undefined) throw new FunctionRefusal('%g takes no precision');
  return formatFloat(value);
}

const bases: Readonly<Record<string, number>> = { d: 10, x: 16, X: 16, o: 8, b: 2 };

function formatInteger(name: string, value: Value, { flags, precision }: VerbLayout): string {
  const base = Object.hasOwn(bases, name) ? bases[name] : undefined;
  if (base === undefined) throw new FunctionRefusal(`the verb %${name} is not supported`);
  if (typeof value === 'string' && base === 16) {
    const hex = Buffer.from(value).toString('hex');
    return name === 'X' ? hex.toUpperCase() : hex;
  }
  if (value === null || !isInt(value)) throw new FunctionRefusal(`%${name} cannot format ${typeOf(value)}`);
  const digits = (value.value < 0n ? -value.value : value.value).toString(base).padStart(precision ?? 0, '0');
  const text = (value.value < 0n ? '-' : '') + (flags.includes('#') && base === 16 ? '0x' : '') + digits;
  return sign(name === 'X' ? text.toUpperCase() : text, value, flags);
}

/** `+` or a space before non-negative numbers. */
function sign(text: string, value: Value, flags: string): string {
  const isNumber = typeof value === 'number' || (value !== null && isInt(value));
  if (!isNumber || /^[-+]/.test(text)) return text;
  return (flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '') + text;
}

/** Precision and width count characters. */
const cut = (text: string, precision: number | undefined): string =>
  precision === undefined ? text : Array.from(text).slice(0, precision).join('');

function pad(text: string, value: Value, name: string, { flags, width, precision }: VerbLayout): string {
  const missing = width - Array.from(text).length;
  if (missing <= 0 || (value !== null && isList(value))) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  const isNumber = typeof value === 'number' || (value !== null && isInt(value));
  if (!flags.includes('0') || (isNumber && precision !== undefined && 'dxXob'.includes(name)))
    return ' '.repeat(missing) + text;
  const [, head = '', digits = ''] = /^([-+ ]?(?:0[xX])?)([^]*)$/.exec(text) ?? [];
  return isNumber ? head + '0'.repeat(missing) + digits : '0'.repeat(missing) + text;
}
