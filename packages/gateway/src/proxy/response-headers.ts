import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import { hopByHop, namedByConnection } from './hop-by-hop.ts';

/** The head that the caller gets: the upstream's without the headers of its connection, and the sticky cookie. */
export function toCallerHeaders(headers: IncomingHttpHeaders, setCookie: string | undefined): string[] {
  const connection = headers.connection;
  const named = connection === undefined ? undefined : namedByConnection(connection);
  const result: string[] = [];
  for (const name in headers) {
    if (hopByHop.has(name) || (named?.has(name) === true && name !== 'content-length')) continue;
    append(result, name, headers[name]);
  }
  if (setCookie !== undefined) result.push('set-cookie', setCookie);
  return result;
}

/** Trailers without those that could change how the message is read (RFC 9110 section 6.5.1), as pairs. */
export function toCallerTrailers(trailers: IncomingHttpHeaders): [string, string][] {
  const result: [string, string][] = [];
  for (const name in trailers) {
    if (hopByHop.has(name) || neverTrailers.has(name)) continue;
    const flat: string[] = [];
    append(flat, name, trailers[name]);
    for (let at = 0; at + 1 < flat.length; at += 2) result.push([name, flat[at + 1] ?? '']);
  }
  return result;
}

const neverTrailers: ReadonlySet<string> = new Set([
  'content-length',
  'content-encoding',
  'content-range',
  'content-type',
  'host',
  'set-cookie',
  'authorization',
  'www-authenticate',
]);

function append(result: string[], name: string, value: string | string[] | undefined): void {
  if (typeof value === 'string') result.push(name, value);
  else if (value !== undefined) for (const each of value) result.push(name, each);
}

/**
 * Passes a 1xx answer on (RFC 9110 section 15.2), as far as Node.js can write it: early hints (RFC 8297) and 102. HTTP/1.0
 * knows none. `100 Continue` is not the server's to send: it was not asked for one.
 */
export function passInterim(response: ServerResponse, status: number, headers: IncomingHttpHeaders): void {
  if (response.req.httpVersionMinor === 0 || response.headersSent || response.destroyed) return;
  if (status === 102) response.writeProcessing();
  const { link } = headers;
  if (status !== 103 || link === undefined) return;
  try {
    response.writeEarlyHints({ link });
  } catch {
    // Node.js takes well-formed links only; hints may be left out, the answer may not fail for them.
  }
}

/** The reason phrase, when it can be written; it has no meaning (RFC 9112 section 4). */
export function toReason(statusMessage: string | undefined): string {
  return statusMessage !== undefined && /^[\t\x20-\x7e]*$/.test(statusMessage) ? statusMessage : '';
}
