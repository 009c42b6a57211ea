/** Steps that matches may still take; below 0: a match was stopped, and its result is meaningless. */
export interface StepBudget {
  stepsLeft: number;
}
