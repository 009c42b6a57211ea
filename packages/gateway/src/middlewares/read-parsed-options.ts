import type { OptionProblem } from '@grantgate/middleware/options/report';
import type { ParserResult } from '@grantgate/middleware/options/parse-shape';
import type { MiddlewareConfig } from '../config/dynamic.ts';
import { formatPath } from '../config/path.ts';
import type { Problem } from '../config/place.ts';
import type { SharedSources } from '../secrets/resolve.ts';
import type { OptionsResult } from './kind.ts';
import { pathOf, resolveOptions } from './read-options.ts';

/** Parses options with a parser, after resolving their references: all problems at once, each with its position. */
export function readParsedOptions<Options extends object>(
  config: MiddlewareConfig,
  sources: SharedSources,
  parse: (raw: unknown) => ParserResult<Options>,
): OptionsResult<Options> {
  const { value, lookUps, problems, unresolved } = resolveOptions(config, sources);
  const parsed = parse(value);
  return {
    options: unresolved.length > 0 ? undefined : parsed.options,
    problems: [
      ...problems,
      // An unresolved reference is one problem, not two.
      ...parsed.problems
        .filter(({ path }) => !unresolved.includes(formatPath(path)))
        .map((problem) => toPlacedProblem(problem, config)),
    ],
    lookUps,
  };
}

/** A problem of an option with its position in the configuration. */
export function toPlacedProblem(
  { severity, path, code, message, within }: OptionProblem,
  config: MiddlewareConfig,
): Problem {
  const part = code === 'unknown_option' || code === 'duplicate_option' ? 'key' : 'value';
  return {
    severity,
    place: config.placeOf(path, within?.offset ?? part),
    code,
    path: pathOf(config, formatPath(path)),
    message,
  };
}
