import type { TransportConfig } from '../../config/entry-point-config.ts';
import { authorityForm, toHostName } from '../message/authority.ts';
import { hasTooManyFields, isLengthTabbed, readHeaderLines } from '../message/header-lines.ts';

/** A request of the plain form, which nearly every request has. */
export interface FastRequest {
  readonly method: string;
  /** In origin form: path and query. */
  readonly target: string;
  readonly httpVersion: '1.1' | '1.0';
  readonly head: FastHead;
  /** Whether `head` is the same object as for the previous request on this connection. */
  readonly repeats: boolean;
  /** The part of its body that has arrived. */
  readonly body: Buffer;
}

/** Contents of a request's header lines. */
export interface FastHead {
  /** The lines as received, each with its CR LF. */
  readonly lines: string;
  /** Name and value in turn, as received. */
  readonly rawHeaders: readonly string[];
  /** As received; undefined without a Host header. */
  readonly authority: string | undefined;
  /** Without port, brackets and trailing dot, in lower case. */
  readonly host: string;
  readonly authorization: string | undefined;
  /** `Content-Length`; 0 without one. */
  readonly bodyBytes: number;
  /** Value of `Connection`, in lower case; undefined without one. */
  readonly connection: 'close' | 'keep-alive' | undefined;
}

/** Maximum size of a head that is read here, in bytes. */
const maxFastHeadBytes = 16 * 1024;

/**
 * Reads the received bytes of a connection if they are exactly one request of the plain form: a complete head and nothing beyond
 * its body, an origin-form target, one Host, at most one Content-Length and Connection, no transfer coding, no upgrade, no
 * expectation. Every request that is accepted here means the same to Node.js's parser, or is refused by it: Node.js knows only
 * registered methods, and accepts no bytes above ASCII in a target. The converse need not hold.
 *
 * @param before the previous head on the connection, whose lines are mostly the same.
 * @param limits of a head: its bytes and its header lines.
 * @returns undefined for everything else, including odd and ambiguous forms.
 */
export function readFastRequest(
  bytes: Buffer,
  before: FastHead | undefined,
  limits: Pick<TransportConfig, 'maxHeaderBytes' | 'maxHeaderFields'>,
): FastRequest | undefined {
  const text = bytes.toString('latin1', 0, maxFastHeadBytes);
  const end = text.indexOf('\r\n\r\n') + 4;
  if (end < 4 || end > limits.maxHeaderBytes) return undefined;
  const line = requestLine.exec(text);
  if (line === null) return undefined;
  const [{ length }, method = '', target = '', minor] = line;
  const lines = text.slice(length, end - 2);
  const repeats = before?.lines === lines;
  const head = repeats ? before : readFastHead(lines, limits);
  if (head === undefined || bytes.length - end > head.bodyBytes) return undefined;
  const httpVersion = minor === '1' ? '1.1' : '1.0';
  if (minor === '1' ? head.authority === undefined : head.connection === 'keep-alive') return undefined;
  return {
    method,
    target,
    httpVersion,
    head,
    repeats,
    body: end === bytes.length ? none : bytes.subarray(end),
  };
}

const none = Buffer.alloc(0);

/**
 * Matches methods without a meaning for the connection itself, registered or not; `PRI` begins HTTP/2. A fragment is never sent
 * (RFC 9110 section 7.1).
 */
const requestLine =
  /^(?!(?:CONNECT|PRI|TRACE) )([\w!#$%&'*+.^`|~-]+) (\/[\x21\x22\x24-\x7e\x80-\xff]*) HTTP\/1\.([01])\r\n/;

function readFastHead(lines: string, limits: Pick<TransportConfig, 'maxHeaderFields'>): FastHead | undefined {
  const rawHeaders: string[] = [];
  if (readHeaderLines(lines, 0, rawHeaders, false) !== undefined || hasTooManyFields(rawHeaders, limits))
    return undefined;
  let authority: string | undefined;
  let authorization: string | undefined;
  let length: string | undefined;
  let connection: string | undefined;
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const value = rawHeaders[at + 1] ?? '';
    switch (rawHeaders[at]?.toLowerCase()) {
      case 'host':
        if (authority !== undefined || !authorityForm.test(value)) return undefined;
        authority = value;
        break;
      case 'authorization':
        authorization = authorization === undefined ? value : `${authorization}, ${value}`;
        break;
      case 'content-length':
        if (length !== undefined || !/^\d{1,15}$/.test(value) || isLengthTabbed(lines)) return undefined;
        length = value;
        break;
      case 'connection':
        connection = connection === undefined ? value.toLowerCase() : 'several';
        break;
      case 'transfer-encoding':
      case 'upgrade':
      case 'expect':
      case 'proxy-connection':
        return undefined;
    }
  }
  if (connection !== undefined && connection !== 'close' && connection !== 'keep-alive') return undefined;
  const host = toHostName(authority ?? '');
  return { lines, rawHeaders, authority, host, authorization, bodyBytes: Number(length ?? 0), connection };
}
