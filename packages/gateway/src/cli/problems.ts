import type { Problem } from '../config/place.ts';
import type { Style } from './style.ts';

/** `routes/api.yaml:12:7: error: http.routers.api.rule: is required [missing_option]` */
export function formatProblem({ place, severity, path, message, code }: Problem, style: Style): string {
  const at = place.line === 0 ? place.file : `${place.file}:${place.line}:${place.column}`;
  const mark = severity === 'error' ? style.bad(severity) : style.caution(severity);
  return `${style.strong(at)}: ${mark}: ${path === '' ? '' : `${path}: `}${message} ${style.faint(`[${code}]`)}\n`;
}

export interface ProblemCount {
  readonly errors: number;
  readonly warnings: number;
}

export function countProblems(problems: readonly Problem[]): ProblemCount {
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  return { errors, warnings: problems.length - errors };
}

/** `1 error, 2 warnings` */
export const formatCount = ({ errors, warnings }: ProblemCount): string =>
  `${pluralize(errors, 'error')}, ${pluralize(warnings, 'warning')}`;

export const pluralize = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
