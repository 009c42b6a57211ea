/** What is left of the steps that matches may take; below 0: one did not come to its end, and what it says means nothing. */
export interface Work {
  stepsLeft: number;
}
