import { randomUUID } from 'node:crypto';

/** The caller's `X-Request-Id` when it is fit for a log (1 to 128 visible ASCII characters), otherwise a new one. */
export function toRequestId(sent: string | undefined): string {
  return sent !== undefined && fit.test(sent) ? sent : randomUUID();
}

const fit = /^[\w.:/+=@-]{1,128}$/;
