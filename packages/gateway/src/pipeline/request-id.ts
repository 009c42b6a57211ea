import { randomUUID } from 'node:crypto';

/** The caller's `X-Request-Id` when it is fit for a log (1 to 128 visible ASCII characters), otherwise a new one. */
export function toRequestId(rawHeaders: readonly string[]): string {
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length !== 12 || name.toLowerCase() !== 'x-request-id') continue;
    const value = rawHeaders[at + 1] ?? '';
    return fit.test(value) ? value : randomUUID();
  }
  return randomUUID();
}

const fit = /^[\w.:/+=@-]{1,128}$/;
