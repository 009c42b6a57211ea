import { normalizeHeaderName } from '@grantgate/middleware/base/header-name';
import type { HeaderList } from '../http1/message/header-list.ts';
import type { Pass } from './step.ts';

/** The changes by a request's steps, outermost first. */
export type StepChanges = readonly Pass[];

export const noPasses: StepChanges = Object.freeze([]);

/** The user named by the last step that names one. */
export function usernameOf(passes: StepChanges): string | undefined {
  return passes.findLast(({ subject }) => subject?.username !== undefined)?.subject?.username;
}

/** Whether any step replaces the caller's header. @param name in the form of `normalizeHeaderName`. */
export function isReplaced(passes: StepChanges, name: string): boolean {
  for (const pass of passes) if (pass.removeHeaders.has(name)) return true;
  return false;
}

/** Appends the headers that steps have set; those of a later step replace those of an earlier one. */
export function appendSetHeaders(headers: string[], passes: StepChanges): void {
  passes.forEach(({ setHeaders }, index) => {
    const later = index + 1 < passes.length ? passes.slice(index + 1) : undefined;
    for (let at = 0; at + 1 < setHeaders.length; at += 2) {
      const name = setHeaders[at] ?? '';
      if (later !== undefined && isReplaced(later, normalizeHeaderName(name))) continue;
      headers.push(name, setHeaders[at + 1] ?? '');
    }
  });
}

/** Whether they change headers in the same way; lists of headers are compared by identity. */
export function haveSameHeaders(a: StepChanges, b: StepChanges): boolean {
  if (a.length !== b.length) return false;
  for (let at = 0; at < a.length; at += 1)
    if (a[at]?.setHeaders !== b[at]?.setHeaders || a[at]?.removeHeaders !== b[at]?.removeHeaders)
      return false;
  return true;
}

/** The headers of the last step that replaces a header; undefined: the caller's is used. @param name in `normalizeHeaderName`'s form. */
export function findChange(passes: StepChanges, name: string): HeaderList | undefined {
  for (let at = passes.length - 1; at >= 0; at -= 1)
    if (passes[at]?.removeHeaders.has(name) === true) return passes[at]?.setHeaders;
  return undefined;
}

/** `Host` after the steps; undefined: the caller's own. */
export function hostOf(passes: StepChanges): string | undefined {
  for (let at = passes.length - 1; at >= 0; at -= 1) {
    const host = passes[at]?.host;
    if (host !== undefined) return host;
  }
  return undefined;
}
