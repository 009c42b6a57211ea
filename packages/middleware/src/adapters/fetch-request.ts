import { normalizeHeaderName } from '../base/header-name.ts';
import type { Deny } from '../decision/decision.ts';
import { toProblem, toProblemHeaders } from '../decision/problem.ts';
import { toRequestId } from '../decision/request-id.ts';
import {
  withCookies,
  type ApplicationRequest,
  type ApplicationMiddleware,
  type RequestChanges,
} from '../application/middleware.ts';

/** A Fetch request as middlewares see it. */
export class FetchApplicationRequest implements ApplicationRequest {
  readonly #request: Request;
  /** Default: none, because a Fetch request has no connection. */
  readonly certificateThumbprint: () => string | undefined;

  constructor(request: Request, certificateThumbprint: () => string | undefined = () => undefined) {
    this.#request = request;
    this.certificateThumbprint = certificateThumbprint;
  }

  get authorization(): string | undefined {
    return this.header('authorization');
  }

  get method(): string {
    return this.#request.method;
  }

  get target(): string {
    const { url } = this.#request;
    return url.slice(url.indexOf('/', url.indexOf('://') + 3));
  }

  get origin(): string {
    return new URL(this.#request.url).origin;
  }

  header(name: string): string | undefined {
    return this.#request.headers.get(name) ?? undefined;
  }
}

/**
 * The request as the gateway would have forwarded it; a new object, because servers make their requests' headers immutable. Its body is
 * the unread body of the original.
 */
export function admit(request: Request, changes: RequestChanges, source?: ApplicationMiddleware['source']): Request {
  const seen = new FetchApplicationRequest(request);
  const { target, cookie } = source?.strip(seen) ?? {};
  const { removeHeaders, setHeaders } = (cookie === undefined ? changes : withCookies(changes, cookie)).allow;
  const url = target === undefined ? request.url : seen.origin + target;
  const headers = new Headers();
  for (const [name, value] of request.headers)
    if (!removeHeaders.has(normalizeHeaderName(name))) headers.append(name, value);
  for (let at = 0; at + 1 < setHeaders.length; at += 2)
    headers.set(setHeaders[at] ?? '', setHeaders[at + 1] ?? '');
  // A body that was already read belongs to its reader; the rest of the request is still usable.
  if (request.bodyUsed) return new Request(url, { method: request.method, headers, signal: request.signal });
  return target === undefined ? new Request(request, { headers }) : new Request(new Request(url, request), { headers });
} // prettier-ignore

/** Headers and body of a refusal; `announced` is the request ID set by the application. */
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
