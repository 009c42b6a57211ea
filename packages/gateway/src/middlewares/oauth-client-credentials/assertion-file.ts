import { resolve } from 'node:path';
import type { ClientCredentialsOptions, OptionProblem } from '@grantgate/middleware/options/options';
import type { LocalReferences } from '../../config/local-references.ts';
import { findAllowedPaths } from '../../config/local-references.ts';
import { asWritten } from '../../config/as-written.ts';
import type { ReferenceLookUp } from '../../secrets/resolve.ts';
import { lookUpPresence } from '../../secrets/resolve.ts';

/** The options with what is allowed of the file system, or a problem in place of them. */
export interface CheckedAssertionFile {
  readonly options: ClientCredentialsOptions | undefined;
  readonly problems: readonly OptionProblem[];
  /** What was looked for. */
  readonly lookUps: readonly ReferenceLookUp[];
}

export interface AssertionFileSources {
  readonly localReferences: LocalReferences | undefined;
  readonly realPath: (path: string) => string;
  /** The options as a user wrote them. */
  readonly written: unknown;
}

/**
 * Holds `clientConfig.assertion.file` against `allowLocalReferences`, as a reference `urn:file:PATH` would be: whoever may write a
 * Middleware must not have the gateway's own service-account token sent to a server of their choice.
 */
export function checkAssertionFile(
  options: ClientCredentialsOptions,
  { localReferences, realPath, written }: AssertionFileSources,
): CheckedAssertionFile {
  const { assertion } = options.clientConfig;
  if (assertion?.file === undefined) return { options, problems: [], lookUps: [] };
  // The path that is compared is the path that is read: no `..` is left for the file system to follow.
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
  return {
    options: Object.freeze({
      ...options,
      clientConfig: Object.freeze({
        ...options.clientConfig,
        assertion: Object.freeze({ ...assertion, file, within }),
      }),
    }),
    problems:
      presence.found.value === undefined
        ? [problem('warning', 'missing_file', 'there is no such file now; it is read for each token request')]
        : [],
    lookUps: [presence],
  };
}
