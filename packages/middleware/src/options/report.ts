/** A problem of an option, with its path as written. */
export interface OptionProblem {
  readonly severity: 'error' | 'warning';
  readonly path: readonly (string | number)[];
  /** Stable: `unknown_option`, `invalid_value`, `missing_option`, `invalid_expression`, `insecure`, ... */
  readonly code: string;
  /** The problem and the expected value; never the value of a secret. */
  readonly message: string;
  /** For an expression: the position in its text; the offset in UTF-16 code units from 0, line and column from 1. */
  readonly within?: { readonly offset: number; readonly line: number; readonly column: number };
}

/** Reports a problem of an option, by its path in canonical names. */
export type Report = (
  severity: OptionProblem['severity'],
  path: readonly PropertyKey[],
  code: string,
  message: string,
  within?: OptionProblem['within'],
) => void;
