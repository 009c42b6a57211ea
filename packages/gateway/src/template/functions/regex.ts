import { compileRegexp } from '../../routing/regexp/compile.ts';
import { compilePattern, type Pattern } from '../../routing/regexp/replace.ts';
import type { StepBudget } from '../../routing/regexp/work.ts';
import type { TemplateFunction } from '../template-function.ts';
import { FunctionRefusal, define, type FunctionScope } from '../template-function.ts';

/** Number of matching steps that count as one step of a template. */
const stepsPerStep = 64;

/** Regular expressions in Go's syntax. */
export const regexFunctions: Readonly<Record<string, TemplateFunction>> = {
  regexMatch: define(['string', 'string'], ([source, text], { work }) => {
    const compiled = compileRegexp(source);
    if (!compiled.ok) throw new FunctionRefusal('invalid regular expression');
    return charge(work, (budget) => compiled.test(text, budget));
  }),
  regexFind: define(
    ['string', 'string'],
    ([source, text], { work }) => charge(work, (budget) => compile(source).find(text, budget)) ?? '',
  ),
  regexReplaceAll: define(['string', 'string', 'string'], ([source, text, replacement], { work }) =>
    replaceAll(source, text, replacement, work),
  ),
  regexReplaceAllLiteral: define(['string', 'string', 'string'], ([source, text, replacement], { work }) =>
    replaceAll(source, text, replacement.replaceAll('$', '$$$$'), work),
  ),
  regexQuoteMeta: define(['string'], ([text]) => text.replace(/[\\.+*?()|[\]{}^$]/g, String.raw`\$&`)),
};

function replaceAll(source: string, text: string, replacement: string, work: FunctionScope['work']): string {
  // Every character may be replaced.
  work(((text.length + 1) * replacement.length) >> 4);
  return charge(work, (budget) => compile(source).replaceWith(replacement)(text, budget));
}

function compile(source: string): Pattern {
  const compiled = compilePattern(source);
  if (!compiled.ok) throw new FunctionRefusal('invalid regular expression');
  return compiled.pattern;
}

/** Step budget of one call. */
const maxSteps = 50_000_000;

function charge<T>(work: FunctionScope['work'], run: (budget: StepBudget) => T): T {
  const budget = { stepsLeft: maxSteps };
  const result = run(budget);
  work(Math.ceil((maxSteps - budget.stepsLeft) / stepsPerStep));
  if (budget.stepsLeft < 0) throw new FunctionRefusal('the regular expression takes too long');
  return result;
}
