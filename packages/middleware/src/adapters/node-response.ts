import type { ServerResponse } from 'node:http';
import type { Http2ServerResponse } from 'node:http2';
import type { Deny } from '../decision/decision.ts';
import { toProblem, toProblemHeaders } from '../decision/problem.ts';
import { toRequestId } from '../decision/request-id.ts';
import type { NodeRequest } from './node-request.ts';

/** The request's ID: the one that the application has set on the response, the caller's, or a new one. */
export function nameRequest(announced: unknown, { headers }: NodeRequest): string {
  if (typeof announced === 'string') return announced;
  const sent = headers['x-request-id'];
  return toRequestId(Array.isArray(sent) ? sent[0] : sent);
}

/** Responses of HTTP/1.1 and of HTTP/2's compatibility API. */
export type NodeResponse = ServerResponse | Http2ServerResponse;

/** Whether a response can no longer be sent: the caller has disconnected, or has already received one. */
export function isGone(response: NodeResponse): boolean {
  // HTTP/2's compatibility response has no own `destroyed`, whatever its types say.
  const { destroyed } = response as { readonly destroyed?: boolean };
  return response.writableEnded || (destroyed ?? (response as Http2ServerResponse).stream.destroyed);
}

/** Sends a refusal, together with headers that the application has already set. */
export function refuse(request: NodeRequest, response: NodeResponse, deny: Deny): void {
  if (response.headersSent) return;
  const requestId = nameRequest(response.getHeader('x-request-id'), request);
  const body = Buffer.from(toProblem(deny, requestId));
  response.statusCode = deny.status;
  const headers = toProblemHeaders(deny, requestId);
  for (let at = 0; at + 1 < headers.length; at += 2)
    response.setHeader(headers[at] ?? '', headers[at + 1] ?? '');
  response.setHeader('Content-Length', body.length);
  response.end(body);
}
