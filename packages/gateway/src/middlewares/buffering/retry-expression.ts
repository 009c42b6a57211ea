import { compileComparisons, type ExpressionFunction } from '../comparison-expression.ts';
import type { AttemptOutcome, RetryPolicy } from '../retry-policy.ts';

/** As in Traefik, a fixed limit independent of the expression. */
const maxRepetitions = 10;

/** As in Traefik: statuses of responses that a proxy creates itself. */
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

/** Repeats a request immediately while the condition is true. */
export const toRetryPolicy = (condition: (outcome: AttemptOutcome) => boolean): RetryPolicy =>
  Object.freeze({
    delayMs: (outcome: AttemptOutcome) =>
      outcome.attempts <= maxRepetitions && condition(outcome) ? 0 : undefined,
  });
