import type { OptionProblem } from './options.ts';

/** Reports a problem of an option, by its path in canonical names. */
export type Report = (
  severity: OptionProblem['severity'],
  path: readonly PropertyKey[],
  code: string,
  message: string,
  within?: OptionProblem['within'],
) => void;
