import { isLoopback } from './address.ts';
import type { ProblemDetails } from './problem.ts';
import { usualResponder, type ServedInstall } from './to-install-config.ts';

/** Characters of a token in the configuration itself: fewer can be guessed. */
const minTokenLength = 16;

type ApiProblem = Required<Pick<ProblemDetails, 'severity' | 'code' | 'message'>> & {
  readonly path: readonly string[];
};

/** Settings that expose the API by mistake, and settings without effect. */
export function findApiMistakes(install: Pick<ServedInstall, 'api' | 'entryPoints'>): readonly ApiProblem[] {
  const { api, entryPoints } = install;
  if (api === undefined) return [];
  const problems: ApiProblem[] = [];
  const { actionsToken: token, actions, insecure } = api;
  const name = usualResponder(install);
  const isReachable = name !== undefined && !isLoopback(entryPoints[name]?.address.host);
  if (token !== undefined && !/^urn:(?:env|file):/i.test(token) && token.length < minTokenLength)
    problems.push({
      severity: 'error',
      code: 'invalid_value',
      path: ['api', 'actionsToken'],
      message: `expected urn:env:VARIABLE, urn:file:PATH or at least ${minTokenLength} characters`,
    });
  if (isReachable && token === undefined && !insecure)
    problems.push({
      severity: 'warning',
      code: 'unguarded_api',
      path: ['api'],
      message: `the API is not served, because other machines reach the entry point ${name}: set api.actionsToken or api.insecure, or let it listen on 127.0.0.1`,
    });
  if (isReachable && token === undefined && actions === true)
    problems.push({
      severity: 'warning',
      code: 'insecure_option',
      path: ['api', 'actions'],
      message: `everybody who reaches the entry point ${name} can purge tokens: set api.actionsToken`,
    });
  return problems;
}
