import type { ServerResponse } from 'node:http';
import { discardRest } from '../proxy/discard-rest.ts';
import type { Refusal } from './refusals.ts';

/** The one place that writes a refusal: `application/problem+json` (RFC 9457), never cached. Gives the body's size in bytes. */
export function writeRefusal(response: ServerResponse, refusal: Refusal, requestId: string): number {
  const body = Buffer.from(toProblem(refusal, requestId));
  const headers = [
    'Content-Type',
    'application/problem+json',
    'Content-Length',
    String(body.length),
    'Cache-Control',
    'no-store',
    'X-Request-Id',
    requestId,
  ];
  if (refusal.challenge !== undefined) headers.push('WWW-Authenticate', refusal.challenge);
  if (refusal.retryAfterSeconds !== undefined) headers.push('Retry-After', String(refusal.retryAfterSeconds));
  response.writeHead(refusal.status, headers);
  discardRest(response.req);
  response.end(body);
  return body.length;
}

/** The problem document; `requestId` is undefined for what could not be read as a request. */
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
