import { z } from 'zod';
import { compilePattern, type Pattern } from '../routing/regexp/replace.ts';
import type { StepBudget } from '../routing/regexp/work.ts';
import { defineRefusal } from './refusal.ts';

/** A regular expression in Go's syntax. White space around it is ignored, as in Traefik. */
export const patternSchema = z.string().superRefine((source, issues) => {
  const compiled = compilePattern(source.trim());
  if (!compiled.ok) issues.addIssue({ code: 'custom', message: compiled.message });
});

/** Compiles text that `patternSchema` has accepted. */
export function toPattern(source: string): Pattern {
  const compiled = compilePattern(source.trim());
  if (!compiled.ok) throw new Error(compiled.message);
  return compiled.pattern;
}

/** Maximum steps of one middleware's expressions for one request. */
const maxSteps = 500_000;

export const startWork = (): StepBudget => ({ stepsLeft: maxSteps });

/** Whether a search was stopped, so that its result is unknown. */
export const isExhausted = ({ stepsLeft }: StepBudget): boolean => stepsLeft < 0;

/** A request that would keep the expressions of a middleware busy. */
export const expressionTooExpensive = defineRefusal(
  {
    code: 'expression_too_expensive',
    status: 400,
    title: 'Bad request',
    detail: 'rewriting the request takes too many steps',
  },
  '`redirectRegex`, `replacePathRegex`, `stripPrefixRegex`: the regular expressions would take more than 500,000 steps.',
);
