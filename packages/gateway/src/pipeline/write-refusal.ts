import { STATUS_CODES } from 'node:http';
import { toProblem, toProblemHeaders } from '@grantgate/middleware/decision/problem';
import { noTrailers, type Answer } from '../proxy/answer.ts';
import type { Refusal } from './refusals.ts';

/**
 * The one place that writes a refusal: `application/problem+json` (RFC 9457), never cached. Gives the body's size in bytes.
 *
 * @param more headers beside its own, name and value in turn.
 */
export function writeRefusal(
  answer: Answer,
  refusal: Refusal,
  requestId: string,
  more: readonly string[] = [],
): number {
  const body = Buffer.from(toProblem(refusal, requestId));
  const headers = [...more, ...toProblemHeaders(refusal, requestId)];
  headers.push('Content-Length', String(body.length));
  answer.begin({
    status: refusal.status,
    reason: STATUS_CODES[refusal.status] ?? '',
    headers,
    dated: true,
    reused: false,
  });
  answer.end(body, false, noTrailers);
  return body.length;
}
