import { request as httpRequest } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import type { CallerRequest } from './case.ts';

export interface SentResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Sends a request over its own connection, with unchanged headers, and reads the complete response. */
export function sendRequest(origin: string, request: CallerRequest): Promise<SentResponse> {
  const { host, hostname, port } = new URL(origin);
  const { method = 'GET', path = '/', headers = [], body = '' } = request;
  const framing = body === '' ? [] : ['Content-Length', String(Buffer.byteLength(body))];
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      hostname,
      port,
      method,
      path,
      agent: false,
      headers: ['Host', host, ...headers, ...framing],
    });
    outgoing.on('error', reject);
    outgoing.on('response', (answer) => {
      text(answer).then(
        (content) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: content }),
        reject,
      );
    });
    outgoing.end(body);
  });
}
