import { normalizeHeaderName } from '../base/header-name.ts';
import type { Deny } from '../decision/decision.ts';
import { toProblem, toProblemHeaders } from '../decision/problem.ts';
import { toRequestId } from '../decision/request-id.ts';
import type { RequestChanges } from './guard.ts';

/**
 * The request as the gateway would have forwarded it, with the token as `authorization`; a new object, because servers make
 * their requests' headers immutable. Its body is the unread body of the original.
 */
export function admit(request: Request, { allow }: RequestChanges): Request {
  const { removeHeaders, setHeaders } = allow;
  const headers = new Headers();
  for (const [name, value] of request.headers)
    if (!removeHeaders.has(normalizeHeaderName(name))) headers.append(name, value);
  for (let at = 0; at + 1 < setHeaders.length; at += 2)
    headers.set(setHeaders[at] ?? '', setHeaders[at + 1] ?? '');
  // A body that was already read belongs to its reader; the rest of the request is still usable.
  if (request.bodyUsed)
    return new Request(request.url, { method: request.method, headers, signal: request.signal });
  return new Request(request, { headers });
}

/** Headers and body of a refusal; `announced` is the request ID that the application has set. */
export function toProblemParts(
  request: Request,
  deny: Deny,
  announced?: unknown,
): { body: string; headers: Record<string, string> } {
  const requestId =
    typeof announced === 'string' ? announced : toRequestId(request.headers.get('x-request-id') ?? undefined);
  const list = toProblemHeaders(deny, requestId);
  const headers: Record<string, string> = {};
  for (let at = 0; at + 1 < list.length; at += 2) headers[list[at] ?? ''] = list[at + 1] ?? '';
  return { body: toProblem(deny, requestId), headers };
}
