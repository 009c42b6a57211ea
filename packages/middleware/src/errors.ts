import type { OptionProblem } from './options/options.ts';

/** Every `code` of an error that this package throws. */
export type ErrorCode = 'options_invalid';

/** Options that cannot be used; thrown at construction, with all problems at once. */
export class OptionsError extends Error {
  readonly code: ErrorCode = 'options_invalid';
  readonly problems: readonly OptionProblem[];

  constructor(problems: readonly OptionProblem[]) {
    super(problems.map((problem) => `${problem.path.join('.') || 'options'}: ${problem.message}`).join('\n'));
    this.name = 'OptionsError';
    this.problems = problems;
  }
}
