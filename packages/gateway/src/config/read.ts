import { z } from 'zod';
import { asMeant, type EmptyText } from '@grantgate/middleware/options/as-meant';
import { proposeName } from '@grantgate/middleware/base/names';
import type { Document } from './document.ts';
import type { Path } from './path.ts';
import { isMapping, valueAt } from './path.ts';
import type { Problem } from './place.ts';
import type { ProblemDetails } from './problem.ts';
import { createProblem, errorsOf } from './problem.ts';

/** Where an object stands: a document and the path in it. */
export interface Source {
  readonly document: Document;
  readonly path: Path;
}

/** Names of Traefik that this version does not act on. */
export interface OtherNames {
  /** Leaving them out would change who may pass: an error. */
  readonly unsupported?: readonly string[];
  /** What an empty text is where none is expected. Default: an option that is left out. */
  readonly emptyText?: EmptyText;
  /** Whether names that begin with `x-` are passed over. */
  readonly extensions?: boolean;
  /** Leaving them out is harmless: a warning, with the reason. */
  readonly ignored?: Readonly<Record<string, string>>;
}

/** What a schema made of an object; a field that is wrong or missing is left out. */
export interface ReadResult<T> {
  readonly value: Partial<T>;
  readonly problems: readonly Problem[];
  /** True when no problem is an error: `value` is whole. */
  readonly whole: boolean;
  /** The path as written in the document, for a path in the schema's names. */
  readonly writtenPath: (path: readonly PropertyKey[]) => Path;
}

type ReportProblem = (path: Path, details: ProblemDetails) => void;

/**
 * Reads an object with a schema: all problems at once, each at its place. Names match whatever their letter case, as in
 * Traefik; an unknown one is an error that names the nearest known one; a field that is null counts as left out.
 */
export function readObject<S extends z.ZodObject>(
  schema: S,
  source: Source,
  others: OtherNames = {},
): ReadResult<z.output<S>> {
  const { document } = source;
  const problems: Problem[] = [];
  const report: ReportProblem = (path, details) => void problems.push(createProblem(document, path, details));
  const names = new Map<string, string>();
  const renamed = asMeant(
    rename(valueAt(document.value, source.path), schema, source.path, [], { others, report, names }),
    schema,
    others.emptyText,
  );
  const writtenPath = (path: readonly PropertyKey[]): Path => {
    const below = path.map((_, index) => {
      const part = path[index];
      return typeof part === 'number' ? part : (names.get(keyOf(path.slice(0, index + 1))) ?? String(part));
    });
    return [...source.path, ...below];
  };
  const parsed = schema.safeParse(renamed);
  let value: Partial<z.output<S>>;
  if (parsed.success) value = parsed.data;
  else {
    for (const issue of parsed.error.issues) {
      const missing = issue.code === 'invalid_type' && valueAt(renamed, issue.path) === undefined;
      report(
        writtenPath(issue.path),
        missing
          ? { code: 'missing_option', message: 'is required' }
          : { code: 'invalid_value', message: describe(messageOf(issue)) },
      );
    }
    value = readFields(schema, renamed);
  }
  return { value, problems, whole: errorsOf(problems).length === 0, writtenPath };
}

/** The fields of a broken object that are right by themselves. */
function readFields<S extends z.ZodObject>(schema: S, renamed: unknown): Partial<z.output<S>> {
  const right: [string, unknown][] = [];
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  for (const [name, field] of Object.entries(shape)) {
    const parsed = z.safeParse(field, isMapping(renamed) ? renamed[name] : undefined);
    if (parsed.success && parsed.data !== undefined) right.push([name, parsed.data]);
  }
  return Object.fromEntries(right) as Partial<z.output<S>>;
}

/** What is wrong with the name of an entry stands one level below. */
function messageOf(issue: z.core.$ZodIssue): string {
  return issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? issue.message) : issue.message;
}

/** zod's words name what was expected and never the value. */
function describe(message: string): string {
  return message
    .replace(/^Invalid (?:input|option): /, '')
    .replace(/, received \w+$/, '')
    .replace(/^Too (?:small|big): /, '');
}

const keyOf = (path: readonly PropertyKey[]): string => path.map(String).join('\0');

interface Renaming {
  readonly others: OtherNames;
  readonly report: ReportProblem;
  /** Name as written, by canonical path. */
  readonly names: Map<string, string>;
}

/** A copy with the schema's own names; what the schema does not know is reported and left out. */
function rename(
  raw: unknown,
  schema: z.core.$ZodType,
  written: Path,
  canonical: readonly string[],
  to: Renaming,
): unknown {
  const kind = unwrap(schema, raw);
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
  if (!(kind instanceof z.ZodObject)) return raw;
  const shape = kind.shape as Record<string, z.ZodType>;
  const known = namesOf(kind);
  const result = new Map<string, unknown>();
  for (const [key, value] of Object.entries(raw)) {
    const name = known.get(key.toLowerCase());
    const here = [...written, key];
    if (name === undefined) {
      if (kind.def.catchall?._zod.def.type === 'never') reportUnknown(key, here, Object.keys(shape), to);
    } else if (result.has(name)) {
      const message = `${name} is given twice (names are case-insensitive)`;
      to.report(here, { code: 'duplicate_option', message, part: 'key' });
    } else if (value !== null) {
      to.names.set(keyOf([...canonical, name]), key);
      const field = shape[name];
      result.set(name, field ? rename(value, field, here, [...canonical, name], to) : value);
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

function reportUnknown(
  key: string,
  path: Path,
  known: readonly string[],
  { others, report }: Renaming,
): void {
  const same = (name: string): boolean => name.toLowerCase() === key.toLowerCase();
  const [ignored, reason] = Object.entries(others.ignored ?? {}).find(([name]) => same(name)) ?? [];
  const unsupported = others.unsupported?.find(same);
  const tell = (code: string, message: string, severity: 'error' | 'warning' = 'error'): void =>
    report(path, { code, message, severity, part: 'key' });
  // Where people keep the anchors of YAML.
  if (others.extensions === true && /^x-/i.test(key)) return;
  if (ignored !== undefined) tell('ignored_option', `${ignored} is ignored: ${reason ?? ''}`, 'warning');
  else if (unsupported !== undefined)
    tell('unsupported_option', `${unsupported} is not supported by this version`);
  else tell('unknown_option', describeUnknown('option', key, known));
}

/** `unknown option adress: did you mean address?` */
export function describeUnknown(what: string, written: string, known: readonly string[]): string {
  return `unknown ${what} ${written}: ${proposeName(written, known)}`;
}

/** The schema below defaults, options and transformations; of a union, the member that an object or a list fits. */
function unwrap(schema: z.core.$ZodType, raw: unknown): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return unwrap(schema.def.innerType, raw);
  if (schema instanceof z.ZodPipe) return unwrap(schema.def.in, raw);
  if (schema instanceof z.ZodUnion) {
    const kinds = schema.options.map((option) => unwrap(option, raw));
    return kinds.find((kind) => (Array.isArray(raw) ? kind instanceof z.ZodArray : isKeyed(kind))) ?? schema;
  }
  return schema;
}

const isKeyed = (schema: z.core.$ZodType): boolean =>
  schema instanceof z.ZodObject || schema instanceof z.ZodRecord;
