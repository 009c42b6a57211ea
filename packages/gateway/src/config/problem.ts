import type { Document } from './document.ts';
import type { Path } from './path.ts';
import { formatPath } from './path.ts';
import type { Problem } from './place.ts';

export interface ProblemDetails {
  readonly code: string;
  readonly message: string;
  /** Default `error`. */
  readonly severity?: 'error' | 'warning';
  /** Default `value`. */
  readonly part?: 'key' | 'value';
}

/** A problem with the value, or the key, at a path of a document. */
export function createProblem(document: Document, path: Path, details: ProblemDetails): Problem {
  return {
    severity: details.severity ?? 'error',
    place: document.placeOf(path, details.part),
    code: details.code,
    path: formatPath(path),
    message: details.message,
  };
}

/** Problems that make their subject unusable. */
export function errorsOf(problems: readonly Problem[]): readonly Problem[] {
  return problems.filter(({ severity }) => severity === 'error');
}

/** In the order of their positions. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  return [...problems].sort(
    ({ place: a }, { place: b }) =>
      (a.file < b.file ? -1 : a.file > b.file ? 1 : 0) || a.line - b.line || a.column - b.column,
  );
}
