import type { ErrorResponse } from './error-response.ts';

/** The reason why there is no token; the decision maps these to refusals. */
export type TokenFailureReason =
  /** An error code that concerns the client, such as `invalid_client` (RFC 6749 section 5.2), or a 401 without a code. */
  | 'credentials_refused'
  /** Any other error code. */
  | 'request_rejected'
  /** A success that violates RFC 6749 section 5.1, a redirect, or a response over the size limit. */
  | 'response_invalid'
  /**
   * Connection errors, `temporarily_unavailable` and similar codes, 5xx, 429, 408 and 4xx without a code, after the last retry.
   */
  | 'unavailable'
  /** The last attempt timed out. */
  | 'timeout';

export type MethodDoubt = 'strong' | 'weak';

/** A failure to obtain a token: a value, not an exception. Only `response` contains text of the authorization server. */
export interface TokenFailure {
  readonly kind: 'failure';
  readonly reason: TokenFailureReason;
  /** In words, free of secrets, tokens and server bodies: `the token endpoint responded with 503`. */
  readonly detail: string;
  /** Seconds after which a retry makes sense, if the server named them (`Retry-After`). */
  readonly retryAfterSeconds: number | undefined;
  /** Error code (RFC 6749 section 5.2), if a specification registers it. */
  readonly oauthError: string | undefined;
  /** The error response of the authorization server, for operators only: it never reaches a caller. */
  readonly response?: ErrorResponse | undefined;
  /**
   * Set when the response does not show whether the server understood the client authentication; `weak`: it may also come from
   * a failing proxy.
   */
  readonly methodDoubt?: MethodDoubt | undefined;
  /** True when no request was sent, so it is no evidence about the server. */
  readonly isLocal?: boolean;
}

/** Builds a failure; `detail` must not quote the server. */
export function createTokenFailure(
  reason: TokenFailureReason,
  detail: string,
  known: Partial<
    Pick<TokenFailure, 'retryAfterSeconds' | 'oauthError' | 'response' | 'isLocal' | 'methodDoubt'>
  > = {},
): TokenFailure {
  const { retryAfterSeconds, oauthError, response, isLocal = false, methodDoubt } = known;
  return Object.freeze({
    kind: 'failure',
    reason,
    detail,
    retryAfterSeconds,
    oauthError,
    ...(response !== undefined && { response }),
    ...(isLocal && { isLocal }),
    ...(methodDoubt !== undefined && { methodDoubt }),
  });
}

/** A failure in one line for operators, with the authorization server's message; never for a caller. */
export function describeForOperators({
  detail,
  response,
}: Pick<TokenFailure, 'detail' | 'response'>): string {
  if (response === undefined) return detail;
  const { error, errorDescription, problem } = response;
  const code = error === undefined || detail.endsWith(` ${error}`) ? '' : ` ${error}`;
  return `${detail}${code}${[problem, errorDescription].map((text) => (text === undefined ? '' : `: ${text}`)).join('')}`;
}

/** Reason why a token request cannot be sent, without a path or a secret. */
export class LocalFault extends Error {}
