import type { IncomingMessage } from 'node:http';
import { authorityForm } from '../message/authority.ts';
import { readDecimal } from '../message/decimal.ts';

/** Headers of a request that are needed before all others. */
export interface NamedHeaders {
  /** As received; undefined without a Host header. */
  readonly host: string | undefined;
  /** Several are joined by `, `. */
  readonly authorization: string | undefined;
}

/**
 * Reads a request's head strictly; undefined when two readers could interpret it differently. Node.js has already refused other
 * faults (bare LF, folded lines, Content-Length beside Transfer-Encoding, ...).
 */
export function readNamedHeaders({ rawHeaders, httpVersion }: IncomingMessage): NamedHeaders | undefined {
  if (httpVersion !== '1.1' && httpVersion !== '1.0') return undefined;
  let host: string | undefined;
  let authorization: string | undefined;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at] ?? '';
    const value = rawHeaders[at + 1] ?? '';
    if (name.length === 4 && name.toLowerCase() === 'host') {
      // RFC 9112 section 3.2: exactly one, and it must be valid.
      if (host !== undefined || !authorityForm.test(value)) return undefined;
      host = value;
    } else if (name.length === 13 && name.toLowerCase() === 'authorization') {
      authorization = authorization === undefined ? value : `${authorization}, ${value}`;
    } else if (name.length === 14 && name.toLowerCase() === 'content-length') {
      // Node.js counts up to 2^64, but rounds a number beyond 2^53: the server would receive another length.
      if (readDecimal(value) === undefined) return undefined;
    } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
      // Any coding before `chunked` would be lost, and HTTP/1.0 has none (RFC 9112 section 6.1).
      if (httpVersion === '1.0' || value.toLowerCase() !== 'chunked') return undefined;
    }
  }
  if (host === undefined && httpVersion === '1.1') return undefined;
  return { host, authorization };
}
