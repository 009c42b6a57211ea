import { OptionsError } from '../errors.ts';
import { findApplicationProblems } from '../options/application.ts';
import type { OptionProblem } from '../options/report.ts';
import { warnProcess } from '../process-warning.ts';

/**
 * The options that a parser returned for an application's. Doubtful ones cause a process warning, `GrantgateWarning`.
 *
 * @param more problems besides those of the parser.
 * @throws OptionsError `options_invalid`, with every problem and its path.
 */
export function findUsable<Options>(
  input: unknown,
  parsed: { readonly options: Options | undefined; readonly problems: readonly OptionProblem[] },
  more: readonly OptionProblem[],
): Options {
  const found = [...findApplicationProblems(input), ...parsed.problems, ...more];
  if (parsed.options === undefined || found.some(({ severity }) => severity === 'error'))
    throw new OptionsError(found);
  for (const { path, code, message } of found) warnProcess(`${path.join('.')}: ${message}`, code);
  return parsed.options;
}
