import { defineRefusal } from './refusal.ts';
import type { Pass, StepRequest } from './step.ts';
import { encodePath, splitTarget } from './target.ts';

/** A path that a server could not read, or could read as a different one. */
export const rewrittenPathInvalid = defineRefusal(
  {
    code: 'rewritten_path_invalid',
    status: 400,
    title: 'Bad request',
    detail: 'this path cannot be rewritten',
  },
  '`stripPrefix`, `stripPrefixRegex`: the remaining path begins with a dot segment. `replacePathRegex`: the new path does not begin with a slash.',
);

const removeHeaders: ReadonlySet<string> = new Set(['x-replaced-path']);

/** Converts a path from an operator or an expression to the form in a target. */
export const toNewPath = (written: string): string =>
  encodePath(written.startsWith('/') ? written : `/${written}`);

/** Replaces the path of a request, and sends the original one to the server. @param replacement result of `toNewPath`. */
export function replacePathOf(request: StepRequest, replacement: string): Pass {
  const { path, query } = splitTarget(request.target);
  return {
    allowed: true,
    setHeaders: ['X-Replaced-Path', path],
    removeHeaders,
    target: replacement + query,
  };
}
