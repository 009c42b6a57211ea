import { compileRegexp } from '../../routing/regexp/compile.ts';
import type { TemplateFunction } from '../template-function.ts';
import { FunctionRefusal, define } from '../template-function.ts';

/** Steps that a match may take for each step of a template. */
const stepsPerStep = 64;

/** Regular expressions in Go's syntax. */
export const regexFunctions: Readonly<Record<string, TemplateFunction>> = {
  regexMatch: define(['string', 'string'], ([source, text], { work }) => {
    const compiled = compileRegexp(source);
    if (!compiled.ok) throw new FunctionRefusal('invalid regular expression');
    const budget = { stepsLeft: 50_000_000 };
    const isMatch = compiled.test(text, budget);
    work(Math.ceil((50_000_000 - budget.stepsLeft) / stepsPerStep));
    return isMatch;
  }),
};
