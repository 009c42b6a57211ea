import { isLoopback } from './address.ts';
import type { ProblemDetails } from './problem.ts';
import { usualResponder, type ServedInstall } from './to-install-config.ts';

/** Minimum length of a token in the configuration itself: a shorter one could be guessed. */
const minTokenLength = 16;

type ApiProblem = Required<Pick<ProblemDetails, 'severity' | 'code' | 'message'>> & {
  readonly path: readonly string[];
};

/** Settings that expose the API by mistake, and settings without effect. */
export function findApiMistakes(install: Pick<ServedInstall, 'api' | 'entryPoints'>): readonly ApiProblem[] {
  const { api, entryPoints } = install;
  if (api === undefined) return [];
  const problems: ApiProblem[] = [];
  const { actionsToken: token, actions, insecure, socket } = api;
  const name = usualResponder(install);
  const isReachable = name !== undefined && !isLoopback(entryPoints[name]?.address.host);
  if (token !== undefined && !/^urn:(?:env|file):/i.test(token) && token.length < minTokenLength)
    problems.push({
      severity: 'error',
      code: 'invalid_value',
      path: ['api', 'actionsToken'],
      message: `expected urn:env:VARIABLE, urn:file:PATH or at least ${minTokenLength} characters`,
    });
  if (isReachable && token === undefined && !insecure && socket === undefined)
    problems.push({
      severity: 'warning',
      code: 'unguarded_api',
      path: ['api'],
      message: `the API is not served, because other machines reach the entry point ${name}: set api.actionsToken, api.socket or api.insecure, or let it listen on 127.0.0.1`,
    });
  if (token === undefined && socket === undefined && actions === true)
    problems.push({
      severity: 'warning',
      code: 'no_secret',
      path: ['api', 'actions'],
      message: 'actions are refused without a secret: set api.actionsToken or api.socket',
    });
  return problems;
}
