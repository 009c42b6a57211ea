import { STATUS_CODES } from 'node:http';
import { toProblem, toProblemHeaders } from '@grantgate/middleware/decision/problem';
import type { StepResponse } from '../middlewares/step.ts';
import { noTrailers, type Answer, type AnswerHead } from '../proxy/answer.ts';
import type { Refusal } from './refusals.ts';

/** A response of the gateway itself. */
export interface WholeAnswer {
  readonly head: AnswerHead;
  readonly body: Buffer;
}

/**
 * The one form of refusals: `application/problem+json` (RFC 9457), never cached.
 *
 * @param more headers beside its own, name and value in turn.
 */
export function toRefusalAnswer(
  refusal: Refusal,
  requestId: string,
  more: readonly string[] = [],
): WholeAnswer {
  const body = Buffer.from(toProblem(refusal, requestId));
  const headers = [...more, ...toProblemHeaders(refusal, requestId)];
  headers.push('Content-Length', String(body.length));
  const reason = STATUS_CODES[refusal.status] ?? '';
  return { head: { status: refusal.status, reason, headers, dated: true, reused: false }, body };
}

/** What a step responds in the place of the server. */
export function toReplyAnswer({ status, headers, body }: StepResponse): WholeAnswer {
  const reason = STATUS_CODES[status] ?? '';
  // A 204 has no body, and says nothing of its length (RFC 9110 section 8.6).
  const length = status === 204 || status === 304 ? [] : ['Content-Length', String(body.length)];
  return { head: { status, reason, headers: [...headers, ...length], dated: true, reused: false }, body };
}

export function writeWhole(answer: Answer, { head, body }: WholeAnswer): void {
  answer.begin(head);
  answer.end(body, false, noTrailers);
}
