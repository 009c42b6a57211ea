import { STATUS_CODES } from 'node:http';
import { toProblem, toProblemHeaders } from '@grantgate/middleware/decision/problem';
import type { StepResponse } from '../middlewares/step.ts';
import {
  noTrailers,
  type CallerResponseHead,
  type ResponseWriter,
} from '../http1/message/response-writer.ts';
import type { Refusal } from '../middlewares/refusal.ts';

/** A response by the gateway itself. */
export interface WholeResponse {
  readonly head: CallerResponseHead;
  readonly body: Buffer;
}

/**
 * All refusals have this form: `application/problem+json` (RFC 9457), never cached.
 *
 * @param more headers in addition to its own, name and value in turn.
 */
export function toRefusalResponse(
  refusal: Refusal,
  requestId: string,
  more: readonly string[] = [],
): WholeResponse {
  const body = Buffer.from(toProblem(refusal, requestId));
  const headers = [...more, ...(refusal.headers ?? []), ...toProblemHeaders(refusal, requestId)];
  headers.push('Content-Length', String(body.length));
  const reason = STATUS_CODES[refusal.status] ?? '';
  return { head: { status: refusal.status, reason, headers, dated: true, reused: false }, body };
}

/** The response of a step that responds itself. */
export function toReplyResponse({ status, headers, body }: StepResponse): WholeResponse {
  const reason = STATUS_CODES[status] ?? '';
  // A 204 has no body and no Content-Length (RFC 9110 section 8.6).
  const length = status === 204 || status === 304 ? [] : ['Content-Length', String(body.length)];
  return { head: { status, reason, headers: [...headers, ...length], dated: true, reused: false }, body };
}

export function writeWhole(response: ResponseWriter, { head, body }: WholeResponse): void {
  response.begin(head);
  response.end(body, false, noTrailers);
}
