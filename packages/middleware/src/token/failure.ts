import type { ErrorResponse } from './error-response.ts';

/** Why the token endpoint gave no token; the decision maps these to refusals. */
export type TokenFailureReason =
  /** `invalid_client`, `unauthorized_client` (RFC 6749 section 5.2) or a 401. */
  | 'credentials_refused'
  /** Any other RFC 6749 error code. */
  | 'request_rejected'
  /** A 200 that RFC 6749 section 5.1 does not allow, a redirect, an answer over the size limit. */
  | 'response_invalid'
  /** Connection errors, 5xx, 429, 408 and code-less 4xx after the last retry. */
  | 'unavailable'
  /** The last attempt timed out. */
  | 'timeout';

/** A failure to obtain a token: a value, not an exception. Only `response` holds text of the authorization server. */
export interface TokenFailure {
  readonly kind: 'failure';
  readonly reason: TokenFailureReason;
  /** For people, free of secrets, tokens and server bodies: `the token endpoint answered 503`. */
  readonly detail: string;
  /** Seconds after which a retry makes sense, when the server said so (`Retry-After`). */
  readonly retryAfterSeconds: number | undefined;
  /** RFC 6749 section 5.2 error code, when it is one that the RFC registers. */
  readonly oauthError: string | undefined;
  /** The error response of the authorization server, for operators alone: it never reaches a caller. */
  readonly response?: ErrorResponse | undefined;
}

/** Builds a failure; `detail` must be our own words. */
export function createTokenFailure(
  reason: TokenFailureReason,
  detail: string,
  known: Partial<Pick<TokenFailure, 'retryAfterSeconds' | 'oauthError' | 'response'>> = {},
): TokenFailure {
  const { retryAfterSeconds, oauthError, response } = known;
  return Object.freeze({
    kind: 'failure',
    reason,
    detail,
    retryAfterSeconds,
    oauthError,
    ...(response !== undefined && { response }),
  });
}
