import { compileComparisons, type ExpressionFunction } from '../comparison-expression.ts';
import type { AttemptOutcome, RetryPolicy } from '../retry-policy.ts';

/** As in Traefik, whatever the expression says. */
const maxRepetitions = 10;

/** As in Traefik: what a proxy responds with in place of a server. */
const isNetworkError = ({ status }: AttemptOutcome): boolean => status === 502 || status === 504;

const functions: Readonly<Record<string, ExpressionFunction<AttemptOutcome>>> = {
  Attempts: {
    parameters: [],
    create:
      () =>
      ({ attempts }) =>
        attempts,
  },
  ResponseCode: {
    parameters: [],
    create:
      () =>
      ({ status }) =>
        status,
  },
  IsNetworkError: { parameters: [], result: 'condition', create: () => isNetworkError },
  RequestMethod: {
    parameters: [],
    result: 'text',
    create:
      () =>
      ({ method }) =>
        method,
  },
};

export const compileRetryExpression = (source: string) => compileComparisons(source, functions);

/** Sends a request again at once while the condition holds. */
export const toRetryPolicy = (condition: (outcome: AttemptOutcome) => boolean): RetryPolicy =>
  Object.freeze({
    delayMs: (outcome: AttemptOutcome) =>
      outcome.attempts <= maxRepetitions && condition(outcome) ? 0 : undefined,
  });
