import { resolve } from 'node:path';
import type { AssertionOptions } from '@grantgate/middleware/options/schema';
import type { OptionProblem } from '@grantgate/middleware/options/report';
import type { ParserResult } from '@grantgate/middleware/options/parse-shape';
import type { LocalReferences } from '../config/local-references.ts';
import { findAllowedPaths } from '../config/local-references.ts';
import { asWritten } from '../config/path.ts';
import type { MiddlewareConfig } from '../config/dynamic.ts';
import type { ReferenceLookUp, SharedSources } from '../secrets/resolve.ts';
import { lookUpPresence } from '../secrets/resolve.ts';
import type { OptionsResult } from './kind.ts';
import { readParsedOptions } from './read-parsed-options.ts';

/** Options of a kind whose client may authenticate with an assertion. */
interface OptionsWithAssertion {
  readonly clientConfig: { readonly assertion: AssertionOptions | undefined };
}

/** The options with the permissions for the file, or a problem instead. */
export interface CheckedAssertionFile<Options> {
  readonly options: Options | undefined;
  readonly problems: readonly OptionProblem[];
  /** The path that was looked up. */
  readonly lookUps: readonly ReferenceLookUp[];
}

export interface AssertionFileSources {
  readonly localReferences: LocalReferences | undefined;
  readonly realPath: (path: string) => string;
  /** The options as written by a user. */
  readonly written: unknown;
}

/**
 * Checks `clientConfig.assertion.file` against `allowLocalReferences`, like a reference `urn:file:PATH`: the author of a
 * Middleware must not be able to send the gateway's own service-account token to a server of their choice.
 */
export function checkAssertionFile<Options extends OptionsWithAssertion>(
  options: Options,
  { localReferences, realPath, written }: AssertionFileSources,
): CheckedAssertionFile<Options> {
  const { assertion } = options.clientConfig;
  if (assertion?.file === undefined) return { options, problems: [], lookUps: [] };
  // The checked path is also the path that is read: it contains no `..` for the file system to resolve.
  const file = resolve(assertion.file);
  const path = asWritten(written, ['clientConfig', 'assertion', 'file']);
  const problem = (severity: OptionProblem['severity'], code: string, message: string): OptionProblem => ({
    severity,
    path,
    code,
    message,
  });
  const within = localReferences && findAllowedPaths(localReferences, file);
  if (within?.length === 0)
    return {
      options: undefined,
      problems: [
        problem(
          'error',
          'forbidden_reference',
          `not allowed here: ${localReferences?.option ?? ''} does not list it`,
        ),
      ],
      lookUps: [],
    };
  const presence = lookUpPresence(file, { realPath });
  const narrowed: Options = {
    ...options,
    clientConfig: Object.freeze({
      ...options.clientConfig,
      assertion: Object.freeze({ ...assertion, file, within }),
    }),
  };
  return {
    options: Object.freeze(narrowed),
    problems:
      presence.found.value === undefined
        ? [problem('warning', 'missing_file', 'there is no such file now; it is read for each token request')]
        : [],
    lookUps: [presence],
  };
}

/** Parses the options of a kind whose client may authenticate with an assertion in a file. */
export function readClientOptions<Options extends OptionsWithAssertion>(
  config: MiddlewareConfig,
  sources: SharedSources,
  parse: (raw: unknown) => ParserResult<Options>,
): OptionsResult<Options> {
  const { localReferences, options: written } = config;
  const found: ReferenceLookUp[] = [];
  const { lookUps, ...result } = readParsedOptions(config, sources, (raw) => {
    const parsed = parse(raw);
    if (parsed.options === undefined) return parsed;
    const checked = checkAssertionFile(parsed.options, { ...sources, localReferences, written });
    found.push(...checked.lookUps);
    return { options: checked.options, problems: [...checked.problems, ...parsed.problems] };
  });
  return { ...result, lookUps: [...lookUps, ...found] };
}
