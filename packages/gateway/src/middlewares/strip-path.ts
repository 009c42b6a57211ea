import type { HeaderList } from './header-lists.ts';
import { rewrittenPathInvalid } from './new-path.ts';
import type { StepRequest, StepResult } from './step.ts';
import type { RequestTarget } from './target.ts';

/** Tells the server which prefixes were removed. */
export const forwardedPrefix = 'X-Forwarded-Prefix';

const lowerName = forwardedPrefix.toLowerCase();
const removeHeaders: ReadonlySet<string> = new Set([lowerName]);

/** Removes the beginning of the path. @param target that of the request. @param setHeaders `forwardedPrefix` and what is removed. */
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

/** Text after a prefix without a slash: `/api../admin`. As in Traefik, such a path matches nothing. */
const dotSegment = /^\/\.{1,2}(?:\/|$)/;

/** A prefix that was removed before stays in the header. */
function addToEarlier(request: StepRequest, setHeaders: HeaderList): HeaderList {
  const earlier = request.header(lowerName);
  return earlier === undefined ? setHeaders : [forwardedPrefix, earlier, ...setHeaders];
}

/** The rest may be empty: another prefix may follow, and the server gets a slash. */
const withSlash = (path: string): string => (path === '' || path.startsWith('/') ? path : `/${path}`);
