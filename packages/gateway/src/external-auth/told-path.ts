import type { RequestFacts } from '../routing/facts.ts';
import type { ReadPath } from '../routing/request-path.ts';

/**
 * Whether a proxy that decides by this path and a service that gets it may read it as two paths. The gateway cleans steps up
 * before it routes; here the proxy has routed already, and what it passes on may still have them.
 */
export function isAmbiguousPath(path: string, readPath: ReadPath): boolean {
  return readPath(path) === undefined || stepUp.test(path);
}

const stepUp = /\/(?:\.|%2e){2}(?:\/|$)/i;

/** Whether a check's target says what the caller asked for: without it, a check is for the middleware alone. */
export function isPathTold(check: RequestFacts, original: RequestFacts): boolean {
  return original.target !== check.target;
}
