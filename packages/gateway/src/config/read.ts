import { z } from 'zod';
import type { EmptyText } from '@grantgate/middleware/options/as-meant';
import { describeDuplicate, describeUnknown, nearestName } from '@grantgate/middleware/base/names';
import { readShape } from '@grantgate/middleware/options/read-shape';
import type { Document } from './document.ts';
import type { Path } from './path.ts';
import { isMapping, valueAt } from './path.ts';
import type { Problem } from './place.ts';
import type { ProblemDetails } from './problem.ts';
import { createProblem, errorsOf } from './problem.ts';

/** Position of an object: a document and the path in it. */
export interface Source {
  readonly document: Document;
  readonly path: Path;
}

/** Names of Traefik that this version does not support. */
export interface OtherNames {
  /** Ignoring them would change who may pass: an error. */
  readonly unsupported?: readonly string[];
  /** Meaning of an empty string where none is expected. Default: an omitted option. */
  readonly emptyText?: EmptyText;
  /** Whether names that begin with `x-` are ignored. */
  readonly extensions?: boolean;
  /** Ignoring them is harmless: a warning, with the reason. */
  readonly ignored?: Readonly<Record<string, string>>;
  /** The message for an option that the schema does not have, by its path in the schema's names; undefined: the default message. */
  readonly explain?: (path: readonly string[]) => ProblemDetails | undefined;
  /**
   * Names at a path that `explain` handles in addition to those of the schema; they are suggested for misspelt ones. Default:
   * none.
   */
  readonly namesAt?: (path: readonly string[]) => readonly string[];
}

/** The result of reading an object with a schema, without invalid and missing fields. */
export interface ReadResult<T> {
  readonly value: Partial<T>;
  readonly problems: readonly Problem[];
  /** True when no problem is an error: `value` is complete. */
  readonly whole: boolean;
  /** The path as written in the document, for a path in the schema's names. */
  readonly writtenPath: (path: readonly PropertyKey[]) => Path;
}

type ReportProblem = (path: Path, details: ProblemDetails) => void;

/**
 * Reads an object with a schema: all problems at once, each with its position. Names match in any letter case, as in Traefik;
 * an unknown name is an error that suggests the nearest known one; a field that is null is treated as omitted.
 */
export function readObject<S extends z.ZodObject>(
  schema: S,
  source: Source,
  others: OtherNames = {},
): ReadResult<z.output<S>> {
  const { document } = source;
  const problems: Problem[] = [];
  const report: ReportProblem = (path, details) => void problems.push(createProblem(document, path, details));
  const shape = readShape(valueAt(document.value, source.path), schema, {
    dropsNull: true,
    emptyText: others.emptyText,
    onUnknown: (key, path, known, within) =>
      reportUnknown(key, { written: [...source.path, ...path], within }, known, others, report),
    onDuplicate: (name, path) =>
      report([...source.path, ...path], {
        code: 'duplicate_option',
        message: describeDuplicate(name),
        part: 'key',
      }),
  });
  const writtenPath = (path: readonly PropertyKey[]): Path => [...source.path, ...shape.writtenPath(path)];
  for (const { path, code, message } of shape.issues) report(writtenPath(path), { code, message });
  const value = shape.parsed ?? readFields(schema, shape.value);
  return { value, problems, whole: errorsOf(problems).length === 0, writtenPath };
}

/** The valid fields of a broken object. */
function readFields<S extends z.ZodObject>(schema: S, renamed: unknown): Partial<z.output<S>> {
  const right: [string, unknown][] = [];
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  for (const [name, field] of Object.entries(shape)) {
    const parsed = z.safeParse(field, isMapping(renamed) ? renamed[name] : undefined);
    if (parsed.success && parsed.data !== undefined) right.push([name, parsed.data]);
  }
  return Object.fromEntries(right) as Partial<z.output<S>>;
}

function reportUnknown(
  key: string,
  path: { readonly written: Path; readonly within: readonly string[] },
  known: readonly string[],
  others: OtherNames,
  report: ReportProblem,
): void {
  const same = (name: string): boolean => name.toLowerCase() === key.toLowerCase();
  const [ignored, reason] = Object.entries(others.ignored ?? {}).find(([name]) => same(name)) ?? [];
  const unsupported = others.unsupported?.find(same);
  const tell = (code: string, message: string, severity: 'error' | 'warning' = 'error'): void =>
    report(path.written, { code, message, severity, part: 'key' });
  const explained = others.explain?.([...path.within, key]);
  if (explained !== undefined) {
    report(path.written, { part: 'key', ...explained });
    return;
  }
  // Names for YAML anchors.
  if (others.extensions === true && /^x-/i.test(key)) return;
  if (ignored !== undefined) tell('ignored_option', `${ignored} is ignored: ${reason ?? ''}`, 'warning');
  else if (unsupported !== undefined)
    tell('unsupported_option', `${unsupported} is not supported by this version`);
  else {
    const explainable = others.namesAt?.(path.within) ?? [];
    const isNear = nearestName(key, known) === undefined && nearestName(key, explainable) !== undefined;
    tell('unknown_option', describeUnknown('option', key, isNear ? explainable : known));
  }
}
