import { STATUS_CODES } from 'node:http';
import { toProblem, toProblemHeaders } from '@grantgate/middleware/decision/problem';
import { noTrailers, type Answer, type AnswerHead } from '../proxy/answer.ts';
import type { Refusal } from './refusals.ts';

/** A refusal as it is written. */
export interface RefusalAnswer {
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
): RefusalAnswer {
  const body = Buffer.from(toProblem(refusal, requestId));
  const headers = [...more, ...toProblemHeaders(refusal, requestId)];
  headers.push('Content-Length', String(body.length));
  const reason = STATUS_CODES[refusal.status] ?? '';
  return { head: { status: refusal.status, reason, headers, dated: true, reused: false }, body };
}

export function writeRefusal(answer: Answer, { head, body }: RefusalAnswer): void {
  answer.begin(head);
  answer.end(body, false, noTrailers);
}
