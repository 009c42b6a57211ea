import type { HeaderList } from '../http1/message/header-list.ts';
import { rewrittenPathInvalid } from './new-path.ts';
import type { StepRequest, StepResult } from './step.ts';
import type { RequestTarget } from './target.ts';

/** Sends the removed prefixes to the server. */
export const forwardedPrefix = 'X-Forwarded-Prefix';

const lowerName = forwardedPrefix.toLowerCase();
const removeHeaders: ReadonlySet<string> = new Set([lowerName]);

/** Removes the beginning of the path. @param target of the request. @param setHeaders `forwardedPrefix` with the removed part. */
export function stripPath(
  request: StepRequest,
  { path, query }: RequestTarget,
  length: number,
  setHeaders: HeaderList,
): StepResult {
  const rest = withSlash(path.slice(length));
  if (rest[1] === '.' && dotSegment.test(rest)) return rewrittenPathInvalid.refusal;
  return {
    allowed: true,
    setHeaders: addToEarlier(request, setHeaders),
    removeHeaders,
    target: rest + query,
  };
}

/** Text that follows a prefix without a slash: `/api../admin`. As in Traefik, such a path matches nothing. */
const dotSegment = /^\/\.{1,2}(?:\/|$)/;

/** A prefix that an earlier step removed stays in the header. */
function addToEarlier(request: StepRequest, setHeaders: HeaderList): HeaderList {
  const earlier = request.header(lowerName);
  return earlier === undefined ? setHeaders : [forwardedPrefix, earlier, ...setHeaders];
}

/** The rest may be empty: another prefix may follow, and the server gets `/` in that case. */
const withSlash = (path: string): string => (path === '' || path.startsWith('/') ? path : `/${path}`);
