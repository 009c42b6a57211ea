import { z } from 'zod';

/** `left out`: an omitted option, as Traefik Hub documents; `a text`: an empty string, which the schema may refuse. */
export type EmptyText = 'left out' | 'a text';

/**
 * Converts values to the types that a schema expects. Traefik reads every scalar of a file as text and then as the type of
 * the option, so `"8080"` is a number, `"false"` a boolean, `1_000` a thousand and `Strict` one of `strict` and `lax`. A
 * string instead of a list is a list separated by commas, an empty table instead of a list is an empty list, spaces around
 * the strings of a list are removed, and an empty string is an omitted option. A value that cannot be converted stays
 * unchanged, for the schema to report.
 * @param empty the meaning of an empty string where none is expected.
 */
export function asMeant(raw: unknown, schema: z.core.$ZodType, empty: EmptyText = 'left out'): unknown {
  const kind = unwrap(schema);
  if (kind instanceof z.ZodUnion) return asMember(raw, kind, empty);
  if (kind instanceof z.ZodArray) {
    const element = unwrap(kind.element);
    const isScalar = element instanceof z.ZodString || element instanceof z.ZodNumber;
    const list = toList(raw, isScalar);
    return Array.isArray(list) ? list.map((item) => asMeant(item, kind.element, empty)) : list;
  }
  if (!isPlainObject(raw)) return asScalar(raw, kind);
  if (kind instanceof z.ZodObject) return asObject(raw, kind, empty);
  if (kind instanceof z.ZodRecord)
    return Object.fromEntries(
      Object.entries(raw).map(([name, value]) => [name, asMeant(value, kind.valueType, empty)]),
    );
  return raw;
}

function asObject(
  raw: Record<string, unknown>,
  { shape }: z.ZodObject,
  empty: EmptyText,
): Record<string, unknown> {
  const fields: Readonly<Record<string, z.core.$ZodType>> = shape;
  return Object.fromEntries(
    Object.entries(raw).flatMap(([name, value]) => {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
      if (field === undefined) return [[name, value]];
      const isAbsent = value === '' && empty === 'left out' && isLeftOut(field);
      return isAbsent ? [] : [[name, asMeant(value, field, empty)]];
    }),
  );
}

/** Whether an empty string can only mean that the option is omitted. */
const isLeftOut = (field: z.core.$ZodType): boolean =>
  !z.safeParse(field, '').success && z.safeParse(field, undefined).success;

/**
 * A value that already fits one of the members stays unchanged, and so does a number where numbers are expected: it may be
 * too large.
 */
function asMember(raw: unknown, union: z.ZodUnion, empty: EmptyText): unknown {
  const isNumber =
    typeof raw === 'number' && union.options.some((option) => unwrap(option) instanceof z.ZodNumber);
  if (isNumber || z.safeParse(union, raw).success) return raw;
  for (const option of union.options) {
    const meant = asMeant(raw, option, empty);
    if (z.safeParse(option, meant).success) return meant;
  }
  return raw;
}

function asScalar(raw: unknown, kind: z.core.$ZodType): unknown {
  if (kind instanceof z.ZodString)
    return typeof raw === 'number' || typeof raw === 'bigint' || typeof raw === 'boolean' ? String(raw) : raw;
  if (typeof raw !== 'string') return raw;
  if (kind instanceof z.ZodNumber)
    return /^[+-]?\d[\d_]*(?:\.\d+)?$/.test(raw) ? Number(raw.replaceAll('_', '')) : raw;
  if (kind instanceof z.ZodBoolean) return booleans.get(raw.toLowerCase()) ?? raw;
  if (kind instanceof z.ZodEnum || kind instanceof z.ZodLiteral) {
    const values = kind instanceof z.ZodEnum ? kind.options : [...kind.values];
    return values.find((value) => String(value).toLowerCase() === raw.toLowerCase()) ?? raw;
  }
  return raw;
}

/** The forms that Go accepts. */
const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', '1'].map((text) => [text, true] as const),
  ...['false', 'f', '0'].map((text) => [text, false] as const),
]);

function toList(raw: unknown, isScalar: boolean): unknown {
  if (isPlainObject(raw) && Object.keys(raw).length === 0) return [];
  if (!isScalar) return raw;
  if (typeof raw === 'string') return splitList(raw);
  return Array.isArray(raw)
    ? raw.map((item: unknown) => (typeof item === 'string' ? item.trim() : item))
    : raw;
}

const splitList = (text: string): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** The schema without defaults, options and transformations. */
export function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return unwrap(schema.def.innerType);
  return schema instanceof z.ZodPipe ? unwrap(schema.def.in) : schema;
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
