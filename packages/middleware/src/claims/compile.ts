import type { CompileResult } from '../predicate/compile.ts';
import { compilePredicate } from '../predicate/compile.ts';
import type { Claims } from './claims.ts';
import { claimFunctions } from './functions.ts';

/** Compiles a `claims` expression. */
export function compileClaims(source: string): CompileResult<Claims> {
  return compilePredicate(source, claimFunctions);
}
