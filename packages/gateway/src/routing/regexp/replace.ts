import { compileRegexp } from './compile.ts';
import { createFind, type Find } from './find.ts';
import { parseRegexp } from './parse.ts';
import { compileProgram } from './program.ts';
import type { Run } from './run.ts';
import { RegexpFault } from './scanner.ts';
import { parseExpansion } from './expansion.ts';
import type { StepBudget } from './work.ts';

/** A regular expression that finds and replaces; each call takes no more steps than its budget. */
export interface Pattern {
  readonly test: Run;
  /** The first match. */
  readonly find: (text: string, work: StepBudget) => string | undefined;
  /** Prepares the replacement of every match. @param replacement as `parseTemplate` reads it. */
  readonly replaceWith: (replacement: string) => (text: string, work: StepBudget) => string;
}

export type CompiledPattern =
  { readonly ok: true; readonly pattern: Pattern } | { readonly ok: false; readonly message: string };

/** Compiles a regular expression in Go's syntax, with groups. */
export function compilePattern(source: string): CompiledPattern {
  const compiled = compileRegexp(source);
  if (!compiled.ok) return compiled;
  try {
    const { syntax, groupNames } = parseRegexp(source);
    const find = createFind(compileProgram(syntax, true), groupNames.length);
    const pattern: Pattern = Object.freeze({
      test: compiled.test,
      find(text, work) {
        const places = find(text, 0, work);
        return places && text.slice(places[0], places[1]);
      },
      replaceWith(replacement) {
        const expand = parseExpansion(replacement, groupNames);
        return (text, work) => replaceAll(find, expand, text, work);
      },
    } satisfies Pattern);
    return { ok: true, pattern };
  } catch (error) {
    // A program with captures is larger than one without.
    if (error instanceof RegexpFault)
      return { ok: false, message: `invalid regular expression: ${error.message}` };
    throw error;
  }
}

/** Like Go's `ReplaceAllString`: ignores an empty match right after another match. */
function replaceAll(
  find: Find,
  expand: ReturnType<typeof parseExpansion>,
  text: string,
  work: StepBudget,
): string {
  let result = '';
  let end = 0;
  for (let from = 0; from <= text.length;) {
    const places = find(text, from, work);
    if (places === undefined) break;
    const [matchBegin = 0, matchEnd = 0] = places;
    result += text.slice(end, matchBegin);
    if (matchEnd > end || matchBegin === 0) result += expand(text, places);
    end = matchEnd;
    from = matchEnd > from ? matchEnd : from + ((text.codePointAt(from) ?? 0) > 0xffff ? 2 : 1);
  }
  return result + text.slice(end);
}
