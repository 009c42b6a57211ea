import { toRequestId } from '@grantgate/middleware/decision/request-id';

/** The ID of a request: the caller's first `X-Request-Id` when it is safe to log, otherwise a new one. */
export function readRequestId(rawHeaders: readonly string[], create?: () => string): string {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length === 12 && name.toLowerCase() === 'x-request-id')
      return toRequestId(rawHeaders[at + 1], create);
  }
  return toRequestId(undefined, create);
}
