import { readDecimal } from '../message/decimal.ts';
import { isLengthTabbed, readHeaderLines } from '../message/header-lines.ts';

/** How the body of a response is delimited (RFC 9112 section 6.3). */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

/** The head of a response. */
export interface ResponseHead {
  /** 100 to 599. */
  readonly status: number;
  /** As received; may be empty. */
  readonly reason: string;
  /** Name in lower case and value in turn, as Latin-1, in the order received. */
  readonly headers: readonly string[];
  readonly framing: Framing;
  /** Bytes of the body when its length frames it; otherwise 0. */
  readonly length: number;
  /** Whether the connection can serve another request after this response (RFC 9112 section 9.3). */
  readonly keepAlive: boolean;
  /** Values of every Connection header, joined by commas; undefined without one. */
  readonly connection: string | undefined;
  /** Seconds for which the server announces that it keeps an idle connection (`Keep-Alive: timeout`). */
  readonly idleSeconds: number | undefined;
}

/** The properties of a request that determine how its response is read. */
export interface ResponseExpectation {
  readonly method: string;
  /** Requested protocol; undefined for none. */
  readonly upgrade: string | undefined;
}

/**
 * Reads a head strictly: one that two readers could frame differently is refused.
 * @param text from the status line to the CR LF of the last header line, as Latin-1.
 * @returns the head, or the reason for refusing it.
 */
export function readResponseHead(text: string, asked: ResponseExpectation): ResponseHead | string {
  const line = statusLine.exec(text);
  if (line === null) return 'a malformed status line';
  const minor = line[1] === '1' ? 1 : 0;
  const status = Number(line[2]);
  const headers: string[] = [];
  const wrong = readHeaderLines(text, line[0].length, headers, true);
  if (wrong !== undefined) return wrong;
  let length: number | undefined;
  let chunked = false;
  let connection: string | undefined;
  let idleSeconds: number | undefined;
  let upgrade: string | undefined;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const value = headers[at + 1] ?? '';
    switch (headers[at]) {
      case 'content-length':
        // Equal values are refused too, because another reader may combine them in a different way.
        if (length !== undefined) return 'more than one Content-Length';
        length = isLengthTabbed(text) ? undefined : readDecimal(value);
        if (length === undefined) return 'a Content-Length that is not a number';
        break;
      case 'transfer-encoding':
        // Any coding before `chunked` would end here, and its bytes would be read as the body.
        if (chunked || value.toLowerCase() !== 'chunked') return 'a Transfer-Encoding other than one chunked';
        chunked = true;
        break;
      case 'connection':
        connection = connection === undefined ? value : `${connection},${value}`;
        break;
      case 'keep-alive':
        idleSeconds = toIdleSeconds(value);
        break;
      case 'upgrade':
        upgrade = value.toLowerCase();
    }
  }
  if (chunked && length !== undefined) return 'Content-Length beside Transfer-Encoding';
  if (chunked && minor === 0) return 'Transfer-Encoding in HTTP/1.0';
  const bodiless = status < 200 || status === 204;
  if (status < 200 && (chunked || length !== undefined)) return 'an interim response with a body';
  // RFC 9110 section 15.2: the connection continues, and HTTP/1.0 has no such response.
  if (status < 200 && status !== 101 && !persists(minor, connection))
    return 'an interim response that closes the connection';
  if (status === 204 && (chunked || (length ?? 0) > 0)) return 'a 204 with a body';
  if (status === 101 && (asked.upgrade === undefined || upgrade !== asked.upgrade.toLowerCase()))
    return 'an unrequested protocol';
  const framing: Framing =
    bodiless || status === 304 || asked.method === 'HEAD'
      ? 'none'
      : chunked
        ? 'chunked'
        : length === undefined
          ? 'close'
          : 'length';
  return {
    status,
    reason: line[3] ?? '',
    headers,
    framing,
    length: framing === 'length' ? (length ?? 0) : 0,
    // If a server sends a body after such a head, it may arrive at any time, perhaps after the next request was written, and would
    // look like its response. The bytes alone do not distinguish the two.
    keepAlive: (status < 200 || framing === 'length' || framing === 'chunked') && persists(minor, connection),
    connection,
    idleSeconds,
  };
}

/** The space before an absent reason phrase may be missing: common servers omit it, and it is never used. */
const statusLine = /^HTTP\/1\.([01]) ([1-5]\d\d)(?: ([\t\x20-\x7e\x80-\xff]*))?\r\n/;

function persists(minor: number, connection: string | undefined): boolean {
  if (connection === undefined) return minor === 1;
  if (connection === 'keep-alive') return true;
  const options = connection.split(',').map((option) => option.trim().toLowerCase());
  return !options.includes('close') && (minor === 1 || options.includes('keep-alive'));
}

function toIdleSeconds(value: string): number | undefined {
  const seconds = /(?:^|[,\s])timeout=(\d{1,9})(?:[,\s]|$)/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
