import type { z } from 'zod';
import { asMeant, type EmptyText } from './as-meant.ts';
import { describeIssue } from './describe-issue.ts';
import { renameOptions, type RenameRules, type RenamedOptions } from './rename-options.ts';

export interface ShapeRules extends RenameRules {
  /** Meaning of an empty string where none is expected. Default: an omitted option. */
  readonly emptyText?: EmptyText | undefined;
}

/** An option that a schema refuses. */
export interface ShapeIssue {
  /** In the schema's names. */
  readonly path: readonly PropertyKey[];
  readonly code: 'missing_option' | 'invalid_value';
  readonly message: string;
}

/** Options as written, read with a schema. */
export interface ReadShape<S extends z.ZodType> extends RenamedOptions {
  /** Undefined when there are issues. */
  readonly parsed: z.output<S> | undefined;
  readonly issues: readonly ShapeIssue[];
}

/** Reads options with a schema: names in any letter case, values as Traefik reads them, all issues at once. */
export function readShape<S extends z.ZodType>(raw: unknown, schema: S, rules: ShapeRules): ReadShape<S> {
  const { value: renamed, writtenPath } = renameOptions(raw, schema, rules);
  const value = asMeant(renamed, schema, rules.emptyText);
  const { success, data, error } = schema.safeParse(value, { error: describeIssue });
  return {
    value,
    writtenPath,
    parsed: success ? data : undefined,
    issues: (error?.issues ?? []).map(({ code, path, message }) => {
      const mayBeMissing = code === 'invalid_type' || code === 'invalid_union';
      return mayBeMissing && valueAt(value, path) === undefined
        ? { path, code: 'missing_option', message: 'is required' }
        : { path, code: 'invalid_value', message };
    }),
  };
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at: unknown = value;
  for (const part of path)
    at = typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[part] : undefined;
  return at;
}
