import type { ServerResponse } from 'node:http';
import { toProblem, toProblemHeaders } from '@grantgate/middleware/decision/problem';
import { discardRest } from '../proxy/discard-rest.ts';
import type { Refusal } from './refusals.ts';

/** The one place that writes a refusal: `application/problem+json` (RFC 9457), never cached. Gives the body's size in bytes. */
export function writeRefusal(response: ServerResponse, refusal: Refusal, requestId: string): number {
  const body = Buffer.from(toProblem(refusal, requestId));
  const headers = toProblemHeaders(refusal, requestId);
  headers.push('Content-Length', String(body.length));
  response.writeHead(refusal.status, headers);
  discardRest(response.req);
  response.end(body);
  return body.length;
}
