import type { ClientCredentialsOptions, OptionProblem } from '@grantgate/middleware/options/options';
import { parseClientCredentials } from '@grantgate/middleware/options/parse';
import { clientCredentialsSchema } from '@grantgate/middleware/options/schema';
import type { Allow } from '@grantgate/middleware/decision/decision';
import type { MiddlewareConfig } from '../../config/dynamic.ts';
import { formatPath } from '../../config/path.ts';
import type { Problem } from '../../config/place.ts';
import type { SharedSources } from '../../secrets/resolve.ts';
import { defineKind, type Compile, type OptionsResult } from '../kind.ts';
import { pathOf, resolveOptions } from '../read-options.ts';
import type { Pass } from '../step.ts';
import { checkAssertionFile } from './assertion-file.ts';
import { createAuthenticators, type Authenticators } from './authenticators.ts';
import { optionRules } from './option-rules.ts';

/** Traefik Hub's `oAuthClientCredentials` (RFC 6749 section 4.4). */
export const oAuthClientCredentials = defineKind<ClientCredentialsOptions>({
  name: 'oAuthClientCredentials',
  isPlugin: true,
  description: 'OAuth 2.0 client credentials (RFC 6749 section 4.4).',
  schema: () => clientCredentialsSchema,
  rules: optionRules,
  read,
  createCompile: (deps) => createCompile(createAuthenticators(deps)),
});

function read(config: MiddlewareConfig, sources: SharedSources): OptionsResult<ClientCredentialsOptions> {
  const { localReferences, options: written } = config;
  const { value, lookUps, problems, unresolved } = resolveOptions(config, sources);
  const parsed = parseClientCredentials(value);
  const checked =
    parsed.options && checkAssertionFile(parsed.options, { ...sources, localReferences, written });
  return {
    options: unresolved.length > 0 ? undefined : checked?.options,
    problems: [
      ...problems,
      ...(checked?.problems ?? []).map((problem) => toProblem(problem, config)),
      // A reference that leads nowhere is one problem, not two.
      ...parsed.problems
        .filter(({ path }) => !unresolved.includes(formatPath(path)))
        .map((problem) => toProblem(problem, config)),
    ],
    lookUps: [...lookUps, ...(checked?.lookUps ?? [])],
  };
}

function toProblem(
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

function createCompile(authenticators: Authenticators): Compile<ClientCredentialsOptions> {
  return (options, name) => {
    const use = authenticators.acquire(options);
    const { decide, renew, tally, purge } = use.value;
    return Object.freeze({
      name,
      onRequest: decide,
      // A pass that this step made is a decision of its authenticator.
      renew: renew && ((pass: Pass) => renew(pass as Allow)),
      tally,
      purge,
      close: () => use.release(),
    });
  };
}
