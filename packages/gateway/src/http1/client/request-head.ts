import { isToken, toHeaderText } from '../message/header-text.ts';
import type { OutgoingRequest, RequestBody } from './request.ts';

/**
 * The head of a request, as Latin-1.
 *
 * @param keepsAlive whether the connection can serve another request.
 * @returns undefined when a part of it could end its line, or cannot be written in Latin-1.
 */
export function toRequestHead(
  { method, target, headers, body, upgrade, expectsContinue }: OutgoingRequest,
  keepsAlive: boolean,
): string | undefined {
  const text = 'lines' in headers ? headers : toHeaderText(headers);
  if (text === undefined || !isToken.test(method) || isNoTarget.test(target)) return undefined;
  // HTTP/1.1 keeps connections by default, but HTTP/1.0 servers need a header for it (RFC 9112 appendix C.2.2).
  const connection =
    upgrade !== undefined
      ? `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`
      : keepsAlive
        ? 'Connection: keep-alive\r\n'
        : 'Connection: close\r\n';
  // Before the caller's lines, because a server that reads only a limited number of lines might otherwise miss how the body ends.
  const expectation = expectsContinue === true && isPushed(body) ? 'Expect: 100-continue\r\n' : '';
  return `${method} ${target} HTTP/1.1\r\n${connection}${toFraming(method, body)}${expectation}${text.lines}\r\n`;
}

/** Whether a body arrives in parts. */
export const isPushed = (body: OutgoingRequest['body']): body is RequestBody =>
  body !== undefined && !Buffer.isBuffer(body);

/** The line that frames the body; empty without one. */
function toFraming(method: string, body: OutgoingRequest['body']): string {
  if (body === undefined) return awaitsBody.has(method) ? 'Content-Length: 0\r\n' : '';
  return body.length === undefined ? 'Transfer-Encoding: chunked\r\n' : `Content-Length: ${body.length}\r\n`;
}

const isNoTarget = /^$|[^\x21-\x7e\x80-\xff]/;

/** Methods whose requests announce an empty body (RFC 9110 section 8.6). */
const awaitsBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'PROPFIND', 'PROPPATCH', 'QUERY']);
