import { Secret } from '../base/secret.ts';
import type { OptionProblem } from './report.ts';

/** Mistakes that only applications make: an unset environment variable, and a reference that only the gateway can resolve. */
export function findApplicationProblems(input: unknown, path: readonly string[] = []): OptionProblem[] {
  if (typeof input === 'string')
    return /^urn:(?:k8s|env|file):/.test(input)
      ? [
          problem(
            path,
            'invalid_value',
            'is a secret reference, which the gateway resolves: pass the secret itself',
          ),
        ]
      : [];
  if (typeof input !== 'object' || input === null || input instanceof Secret) return [];
  return Object.entries(input).flatMap(([name, value]: [string, unknown]) => {
    const at = [...path, name];
    // Otherwise, unset credentials would turn the gateway level into the application level.
    if (value === undefined && identity.has(name.toLowerCase()))
      return [problem(at, 'missing_option', 'is undefined: omit it, or set the variable that it comes from')];
    return findApplicationProblems(value, at);
  });
}

const identity: ReadonlySet<string> = new Set(['clientid', 'clientsecret']);

const problem = (path: readonly string[], code: string, message: string): OptionProblem => ({
  severity: 'error',
  path,
  code,
  message,
});
