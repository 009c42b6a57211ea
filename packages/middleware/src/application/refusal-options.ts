import type { OptionProblem } from '../options/report.ts';
import type { RefusalHandling } from './middleware.ts';

/** How a middleware refuses. */
export interface RefusalOptions {
  /**
   * `respond` (default): the middleware responds with `application/problem+json` and calls no error handler. `error`: the framework's
   * error handling gets a `RefusalError` and responds. With `node:http`, your `next` must then look at its argument.
   */
  readonly refusals?: RefusalHandling | undefined;
}

export function checkRefusals(refusals: unknown): readonly OptionProblem[] {
  return refusals === undefined || refusals === 'respond' || refusals === 'error'
    ? []
    : [
        {
          severity: 'error',
          path: ['refusals'],
          code: 'invalid_value',
          message: 'expected respond or error',
        },
      ];
}
