import { isToken, toHeaderText } from './header-text.ts';
import type { OutgoingRequest } from './request.ts';

/**
 * The head of a request, as Latin-1.
 *
 * @returns undefined when a part of it could end its line, or cannot be written in Latin-1.
 */
export function toRequestHead({
  method,
  target,
  headers,
  body,
  upgrade,
}: OutgoingRequest): string | undefined {
  const text = 'lines' in headers ? headers : toHeaderText(headers);
  if (text === undefined || !isToken.test(method) || isNoTarget.test(target)) return undefined;
  // HTTP/1.1 keeps connections without being asked; servers of HTTP/1.0 have to be (RFC 9112 appendix C.2.2).
  const head = `${method} ${target} HTTP/1.1\r\n${upgrade === undefined ? 'Connection: keep-alive\r\n' : `Connection: Upgrade\r\nUpgrade: ${upgrade}\r\n`}${text.lines}`;
  if (body === undefined) return head + (awaitsBody.has(method) ? 'Content-Length: 0\r\n\r\n' : '\r\n');
  return body.length === undefined
    ? `${head}Transfer-Encoding: chunked\r\n\r\n`
    : `${head}Content-Length: ${body.length}\r\n\r\n`;
}

const isNoTarget = /^$|[^\x21-\x7e\x80-\xff]/;

/** Methods whose requests say that they have no body (RFC 9110 section 8.6). */
const awaitsBody: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'PROPFIND', 'PROPPATCH', 'QUERY']);
