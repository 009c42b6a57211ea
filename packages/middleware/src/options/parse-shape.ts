import type { z } from 'zod';
import { describeDuplicate, describeUnknown } from '../base/names.ts';
import type { OptionProblem, Report } from './report.ts';
import { freezeOptions, type OptionsOf, type RawOptions } from './options-of.ts';
import { readShape } from './read-shape.ts';

/** The result of a parser of options. */
export interface ParserResult<Options> {
  /** Undefined when a problem is an error; otherwise frozen, with every default filled in. */
  readonly options: Options | undefined;
  readonly problems: readonly OptionProblem[];
}

/**
 * Reads options as written with a schema: names in any letter case, all problems at once.
 * @param checkMeaning reports problems that types do not express. Called even when the schema refuses a value, so that all
 * problems are reported at once: each option may have any type.
 */
export function parseShape<S extends z.ZodType>(
  raw: unknown,
  schema: S,
  checkMeaning: (raw: RawOptions<z.input<S>>, report: Report) => void,
): ParserResult<OptionsOf<z.output<S>>> {
  const problems: OptionProblem[] = [];
  const refuseName = (path: (string | number)[], code: string, message: string): void =>
    void problems.push({ severity: 'error', path, code, message });
  const { value, parsed, issues, writtenPath } = readShape(raw, schema, {
    dropsNull: false,
    onUnknown: (key, path, known) =>
      refuseName(path, 'unknown_option', describeUnknown('option', key, known)),
    onDuplicate: (name, path) => refuseName(path, 'duplicate_option', describeDuplicate(name)),
  });
  const report: Report = (severity, path, code, message, within) =>
    void problems.push({ severity, path: writtenPath(path), code, message, ...(within && { within }) });
  for (const { path, code, message } of issues) report('error', path, code, message);
  const record = toRecord(value);
  if (record !== undefined) checkMeaning(record as RawOptions<z.input<S>>, report);
  const isUsable = parsed !== undefined && problems.every(({ severity }) => severity !== 'error');
  return { options: isUsable ? freezeOptions(parsed) : undefined, problems };
}

/** The shape may be one that the schema refused: YAML writes an empty value as null. */
export const toRecord = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
