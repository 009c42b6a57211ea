import type { RequestFacts } from '../routing/facts.ts';
import type { ReadPath } from '../routing/request-path.ts';

/**
 * Whether a proxy that decides by this path and a service that receives it may read it as two different paths. The gateway
 * normalizes paths before it routes; here the proxy has already routed, and it may forward a path that is not normalized.
 */
export function isAmbiguousPath(path: string, readPath: ReadPath): boolean {
  return readPath(path) === undefined || stepUp.test(path);
}

const stepUp = /\/(?:\.|%2e){2}(?:\/|$)/i;

/** Whether a check's target contains the caller's target; otherwise, the check is only about the middleware. */
export function isPathTold(check: RequestFacts, original: RequestFacts): boolean {
  return original.target !== check.target;
}
