import type { Explanation } from '../predicate/explain.ts';
import { explainPredicate } from '../predicate/explain.ts';
import type { Claims } from './claims.ts';
import { claimFunctions } from './functions.ts';

/** Evaluates a `claims` expression and returns the result of each function and the claim that it saw. */
export function explainClaims(source: string, claims: Claims): Explanation {
  return explainPredicate(source, claimFunctions, claims);
}
