import { parseRegexp } from './parse.ts';
import { compileProgram } from './program.ts';
import { createRun } from './run.ts';
import { RegexpFault } from './scanner.ts';

export type CompiledRegexp =
  | { readonly ok: true; readonly test: (text: string) => boolean }
  | { readonly ok: false; readonly message: string };

/**
 * Compiles a regular expression in Go's syntax, for one question: does it match anywhere in a text?
 *
 * Not a translation into a JavaScript `RegExp`: the two differ in syntax and meaning (`\z`, `[[:alpha:]]`, `(?i)`, `$`, `\s`,
 * case folding), and a `RegExp` backtracks, so that one request with a chosen path could hold up the gateway for ever.
 * This takes time proportional to the text, as in Go.
 */
export function compileRegexp(source: string): CompiledRegexp {
  try {
    return { ok: true, test: createRun(compileProgram(parseRegexp(source))) };
  } catch (error) {
    if (error instanceof RegexpFault)
      return { ok: false, message: `invalid regular expression: ${error.message}` };
    throw error;
  }
}
