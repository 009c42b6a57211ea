import { parseRegexp } from './parse.ts';
import { compileProgram } from './program.ts';
import { createRun, type Run } from './run.ts';
import { RegexpFault } from './scanner.ts';
import { trimEnds } from './trim.ts';

export type CompiledRegexp =
  { readonly ok: true; readonly test: Run } | { readonly ok: false; readonly message: string };

/**
 * Compiles a regular expression in Go's syntax, to answer one question: does a text contain a match?
 *
 * Not a translation into a JavaScript `RegExp`: the two differ in syntax and meaning (`\z`, `[[:alpha:]]`, `(?i)`, `$`, `\s`,
 * case folding), and a `RegExp` backtracks, so one request with a chosen path could block the gateway. A match here takes time
 * proportional to the length of the text, as in Go, and no more steps than its budget.
 */
export function compileRegexp(source: string): CompiledRegexp {
  try {
    return { ok: true, test: createRun(compileProgram(trimEnds(parseRegexp(source).syntax), false)) };
  } catch (error) {
    if (error instanceof RegexpFault)
      return { ok: false, message: `invalid regular expression: ${error.message}` };
    throw error;
  }
}
