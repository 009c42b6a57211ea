import { z } from 'zod';
import { Secret } from '../base/secret.ts';
import { unwrap } from './as-meant.ts';

type OptionPath = (string | number)[];

/** Handling of differences between options and their schema. Paths are as written. */
export interface RenameRules {
  /** Whether a `null` means an omitted option, or is a value for the schema to validate. */
  readonly dropsNull: boolean;
  /** @param within the path, in the schema's names, of the object that has the key. */
  onUnknown(key: string, path: OptionPath, known: readonly string[], within: readonly string[]): void;
  /**
   * Called when the option was already given in another letter case.
   * @param name as the schema spells it.
   */
  onDuplicate(name: string, path: OptionPath): void;
}

export interface RenamedOptions {
  /** A copy with the names of the schema, without unknown options. */
  readonly value: unknown;
  /** The path as written, for a path in the schema's names. */
  readonly writtenPath: (path: readonly PropertyKey[]) => OptionPath;
}

/** Gives options the names of their schema: names match in any letter case, as in Traefik. */
export function renameOptions(raw: unknown, schema: z.core.$ZodType, rules: RenameRules): RenamedOptions {
  const names = new Map<string, string>();
  return {
    value: rename(raw, schema, [], [], { rules, names }),
    writtenPath: (path) =>
      path.map((part, index) =>
        typeof part === 'number' ? part : (names.get(keyOf(path.slice(0, index + 1))) ?? String(part)),
      ),
  };
}

const keyOf = (path: readonly PropertyKey[]): string => path.map(String).join('\0');

interface Renaming {
  readonly rules: RenameRules;
  /** Name as written, by the path in the schema's names. */
  readonly names: Map<string, string>;
}

function rename(
  raw: unknown,
  schema: z.core.$ZodType,
  written: OptionPath,
  canonical: readonly string[],
  to: Renaming,
): unknown {
  const kind = kindOf(schema, raw);
  if (kind instanceof z.ZodArray && Array.isArray(raw))
    return raw.map((item, index) =>
      rename(item, kind.element, [...written, index], [...canonical, String(index)], to),
    );
  if (!isMapping(raw)) return raw;
  if (kind instanceof z.ZodRecord)
    return Object.fromEntries(
      Object.entries(raw).map(([name, value]) => [
        name,
        rename(value, kind.valueType, [...written, name], [...canonical, name], to),
      ]),
    );
  return kind instanceof z.ZodObject ? renameFields(raw, kind, written, canonical, to) : raw;
}

function renameFields(
  raw: Readonly<Record<string, unknown>>,
  schema: z.ZodObject,
  written: OptionPath,
  canonical: readonly string[],
  to: Renaming,
): unknown {
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  const known = namesOf(schema);
  const result = new Map<string, unknown>();
  for (const [key, value] of Object.entries(raw)) {
    const name = known.get(key.toLowerCase());
    const here = [...written, key];
    if (name === undefined) {
      if (schema.def.catchall?._zod.def.type === 'never')
        to.rules.onUnknown(key, here, Object.keys(shape), canonical);
    } else if (result.has(name)) to.rules.onDuplicate(name, here);
    else if (value !== null || !to.rules.dropsNull) {
      const path = [...canonical, name];
      to.names.set(keyOf(path), key);
      const field = shape[name];
      result.set(name, field ? rename(value, field, here, path, to) : value);
    }
  }
  return Object.fromEntries(result);
}

/** By schema: its names, by their lower case. Thousands of entries are read with one schema. */
const knownNames = new WeakMap<z.ZodObject, ReadonlyMap<string, string>>();

function namesOf(schema: z.ZodObject): ReadonlyMap<string, string> {
  let known = knownNames.get(schema);
  if (known === undefined) {
    known = new Map(Object.keys(schema.shape).map((name) => [name.toLowerCase(), name]));
    knownNames.set(schema, known);
  }
  return known;
}

/** The schema below defaults, options and transformations; of a union, the member that an object or a list fits. */
function kindOf(schema: z.core.$ZodType, raw: unknown): z.core.$ZodType {
  const kind = unwrap(schema);
  if (!(kind instanceof z.ZodUnion)) return kind;
  const members = kind.options.map((option) => kindOf(option, raw));
  return (
    members.find((member) => (Array.isArray(raw) ? member instanceof z.ZodArray : isKeyed(member))) ?? kind
  );
}

const isKeyed = (schema: z.core.$ZodType): boolean =>
  schema instanceof z.ZodObject || schema instanceof z.ZodRecord;

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Secret);
