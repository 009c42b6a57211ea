/** A refusal for a caller: a `Deny`, or a refusal of the gateway itself. */
export interface ProblemSource {
  /** One of a closed list; the last part of the problem's URN. */
  readonly code: string;
  /** HTTP status code. */
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** Value of `WWW-Authenticate`; undefined for none. */
  readonly challenge: string | undefined;
  /** Value of `Retry-After` in seconds; undefined for none. */
  readonly retryAfterSeconds: number | undefined;
}

/** The problem document (RFC 9457) as JSON; `requestId` is undefined for input that could not be read as a request. */
export function toProblem(refusal: ProblemSource, requestId: string | undefined): string {
  return JSON.stringify({
    type: `urn:grantgate:problem:${refusal.code}`,
    title: refusal.title,
    status: refusal.status,
    detail: refusal.detail,
    code: refusal.code,
    requestId,
  });
}

/** Its headers, name and value in turn, without `Content-Length`. A refusal is never cached. */
export function toProblemHeaders(refusal: ProblemSource, requestId: string): string[] {
  const headers = [
    'Content-Type',
    'application/problem+json',
    'Cache-Control',
    'no-store',
    'X-Request-Id',
    requestId,
  ];
  if (refusal.challenge !== undefined) headers.push('WWW-Authenticate', refusal.challenge);
  if (refusal.retryAfterSeconds !== undefined) headers.push('Retry-After', String(refusal.retryAfterSeconds));
  return headers;
}
