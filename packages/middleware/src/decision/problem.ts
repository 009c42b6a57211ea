/** What is written to a caller whose request does not pass: a `Deny`, or what a gateway refuses itself. */
export interface Refusal {
  /** Of a closed list; it ends the URN of the problem's type. */
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

/** The problem document (RFC 9457) as JSON; `requestId` is undefined for what could not be read as a request. */
export function toProblem(refusal: Refusal, requestId: string | undefined): string {
  return JSON.stringify({
    type: `urn:grantgate:problem:${refusal.code}`,
    title: refusal.title,
    status: refusal.status,
    detail: refusal.detail,
    code: refusal.code,
    requestId,
  });
}

/** The headers that go with it, name and value in turn, without `Content-Length`. A refusal is never cached. */
export function toProblemHeaders(refusal: Refusal, requestId: string): string[] {
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
