import { z } from 'zod';

/** `left out`: as Traefik Hub documents its defaults; `a text`: something that the schema may refuse. */
export type EmptyText = 'left out' | 'a text';

/**
 * Values as people write them, for what a schema expects. Traefik reads every scalar of a file as text and then as what the option is, so
 * `"8080"` is a number, `"false"` a boolean, `1_000` a thousand and `Strict` one of `strict` and `lax`; a text in place of a list is a
 * list of what its commas separate, and an empty text is an option left out. What cannot be read so stays as it is, for the schema to
 * report.
 *
 * @param empty what an empty text is where none is expected.
 */
export function asMeant(raw: unknown, schema: z.core.$ZodType, empty: EmptyText = 'left out'): unknown {
  const kind = unwrap(schema);
  if (kind instanceof z.ZodUnion) return asMember(raw, kind, empty);
  if (kind instanceof z.ZodArray) {
    const element = unwrap(kind.element);
    const isSplit = element instanceof z.ZodString || element instanceof z.ZodNumber;
    const list = typeof raw === 'string' && isSplit ? splitList(raw) : raw;
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

/** Whether an empty text can only mean that the option is left out. */
const isLeftOut = (field: z.core.$ZodType): boolean =>
  !z.safeParse(field, '').success && z.safeParse(field, undefined).success;

/** A value that fits one of the kinds as it stands is not changed, and neither is a number where numbers are meant: it may be too large. */
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

/** As Go reads them. */
const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['true', 't', '1'].map((text) => [text, true] as const),
  ...['false', 'f', '0'].map((text) => [text, false] as const),
]);

const splitList = (text: string): readonly string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** The schema below defaults, options and transformations. */
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
