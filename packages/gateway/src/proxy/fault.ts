import { BodyTooLargeError } from './request-body.ts';

/** Why an upstream gave no answer. */
export type UpstreamFault =
  'upstream_refused' | 'upstream_reset' | 'upstream_timeout' | 'request_too_large' | 'request_invalid';

const timeouts: ReadonlySet<unknown> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);
const invalid: ReadonlySet<unknown> = new Set([
  'UND_ERR_INVALID_ARG',
  'UND_ERR_NOT_SUPPORTED',
  'UND_ERR_REQ_CONTENT_LENGTH_MISMATCH',
]);

/** @param started whether a connection had been given to the request. */
export function toFault(error: Error, started: boolean): UpstreamFault {
  if (error instanceof BodyTooLargeError) return 'request_too_large';
  const code = 'code' in error ? error.code : undefined;
  if (timeouts.has(code)) return 'upstream_timeout';
  if (invalid.has(code)) return 'request_invalid';
  return started ? 'upstream_reset' : 'upstream_refused';
}
