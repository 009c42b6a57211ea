import type { TransportConfig } from '../../config/entry-point-config.ts';
import { authorityForm, toHostName } from '../../http1/message/authority.ts';
import { valueIn } from '../../http1/message/header-list.ts';
import { toGrpcType } from '../../pipeline/grpc-refusal.ts';
import { fieldsOfConnection, isFieldName } from '../message/fields.ts';
import { readDecimal } from '../../http1/message/decimal.ts';

/** The head of a request, checked as RFC 9113 section 8.3 requires. */
export interface Http2RequestHead {
  /** Of an extended CONNECT (RFC 8441), the method that HTTP/1.1 uses for it. */
  readonly method: string;
  /** In origin form: path and query; `*` of `OPTIONS`. */
  readonly target: string;
  /** `:protocol` of an extended CONNECT; undefined for every other request. */
  readonly protocol: string | undefined;
  readonly fields: Http2Fields;
  /** Whether `fields` is the very object of an earlier request on this connection. */
  readonly repeats: boolean;
}

/** The header fields of a request, and what they say. */
export interface Http2Fields {
  /** Name and value in turn, as HTTP/1.1 would have them: with `host`, and with one `cookie`. */
  readonly rawHeaders: readonly string[];
  readonly authority: string;
  /** Without port, brackets and trailing dot, in lower case. */
  readonly host: string;
  readonly authorization: string | undefined;
  /** `content-length`; undefined without one. */
  readonly bodyBytes: number | undefined;
  readonly expectsContinue: boolean;
  readonly isGrpc: boolean;
  /** `grpc-timeout` in milliseconds; undefined without one. */
  readonly grpcTimeoutMs: number | undefined;
  /** Size of the lines that HTTP/1.1 would have for them, in bytes. */
  readonly bytes: number;
  /** Pseudo-header fields that they depend on, and the fields as received. */
  readonly source: FieldSource;
}

interface FieldSource {
  readonly authority: string | undefined;
  readonly endsHere: boolean;
  readonly received: readonly string[];
}

/** A head that is not valid: RFC 9113 section 8.1.1 calls the request malformed. */
export type MalformedHead = 'malformed' | 'connect' | 'unknown_protocol';

/**
 * Reads the head of a request.
 * @param received fields as received, name and value in turn, pseudo-header fields first.
 * @param endsHere whether the request has no body.
 * @param before fields of an earlier request on the connection, which are mostly the same.
 * @returns `connect` for a CONNECT without `:protocol`, which has no path.
 */
export function readRequestHead(
  received: readonly string[],
  endsHere: boolean,
  before: Http2Fields | undefined,
): Http2RequestHead | MalformedHead {
  const pseudo: PseudoFields = {};
  const start = readPseudoFields(received, pseudo);
  const { method, scheme, path, authority, protocol } = pseudo;
  if (start === undefined || method === undefined) return 'malformed';
  if (method === 'CONNECT' && protocol === undefined) return 'connect';
  if (scheme !== 'http' && scheme !== 'https') return 'malformed';
  if (protocol !== undefined && method !== 'CONNECT') return 'malformed';
  if (protocol !== undefined && protocol.toLowerCase() !== webSocket) return 'unknown_protocol';
  if (path === undefined || !isToken.test(method)) return 'malformed';
  if (!originForm.test(path) && !(path === '*' && method === 'OPTIONS')) return 'malformed';
  const source: FieldSource = { authority, endsHere, received: received.slice(start) };
  const repeats = before !== undefined && isSame(before.source, source);
  const fields = repeats ? before : readFields(source);
  if (fields === undefined) return 'malformed';
  // A body could be read as the first frames of the WebSocket.
  if (protocol !== undefined && (endsHere || fields.bodyBytes !== undefined)) return 'malformed';
  return {
    method: protocol === undefined ? method : 'GET',
    target: path,
    protocol: protocol && webSocket,
    fields,
    repeats,
  };
}

const webSocket = 'websocket';
const isToken = /^[\w!#$%&'*+.^`|~-]+$/;
/** A fragment is never sent (RFC 9110 section 7.1). */
const originForm = /^\/[\x21\x22\x24-\x7e\x80-\xff]*$/;

/** Whether a head is larger than the limit. Line breaks and separators count as in HTTP/1.1. */
export const isTooLarge = (
  { method, target, fields }: Http2RequestHead,
  { maxHeaderBytes }: Pick<TransportConfig, 'maxHeaderBytes'>,
): boolean => method.length + target.length + ' HTTP/1.1\r\n\r\n '.length + fields.bytes > maxHeaderBytes;

interface PseudoFields {
  method?: string;
  scheme?: string;
  path?: string;
  authority?: string;
  protocol?: string;
}

/** @returns index of the first other field; undefined when one is unknown or comes twice. */
function readPseudoFields(received: readonly string[], into: PseudoFields): number | undefined {
  let at = 0;
  for (; at + 1 < received.length; at += 2) {
    const name = received[at] ?? '';
    if (!name.startsWith(':')) break;
    const key = name.slice(1);
    if (!isPseudoField(key) || into[key] !== undefined) return undefined;
    into[key] = received[at + 1] ?? '';
  }
  return at;
}

const isPseudoField = (name: string): name is keyof PseudoFields =>
  name === 'method' || name === 'path' || name === 'scheme' || name === 'authority' || name === 'protocol';

function isSame(a: FieldSource, b: FieldSource): boolean {
  const length = a.received.length;
  if (a.authority !== b.authority || a.endsHere !== b.endsHere || length !== b.received.length) return false;
  // From the end: the first fields of a client are the same for all of its requests.
  for (let at = length - 1; at >= 0; at -= 1) if (a.received[at] !== b.received[at]) return false;
  return true;
}

/** The parts of a head that its fields say. */
interface FieldDraft {
  host: string | undefined;
  cookie: string | undefined;
  authorization: string | undefined;
  bodyBytes: number | undefined;
  expectsContinue: boolean;
}

function readFields(source: FieldSource): Http2Fields | undefined {
  const { received, endsHere } = source;
  const draft: FieldDraft = {
    host: source.authority,
    cookie: undefined,
    authorization: undefined,
    bodyBytes: undefined,
    expectsContinue: false,
  };
  const lines: string[] = [];
  let hasHost = false;
  for (let at = 0; at + 1 < received.length; at += 2) {
    const name = received[at] ?? '';
    const value = received[at + 1] ?? '';
    if (fieldsOfConnection.has(name) || !isFieldName.test(name) || isNoValue.test(value)) return undefined;
    if (name === 'host') {
      if (hasHost || (draft.host !== undefined && draft.host !== value)) return undefined;
      hasHost = true;
      draft.host = value;
    } else if (name === 'cookie') {
      // Split for the sake of compression (RFC 9113 section 8.2.3); HTTP/1.1 has one line.
      draft.cookie = draft.cookie === undefined ? value : `${draft.cookie}; ${value}`;
    } else {
      if (!take(draft, name, value)) return undefined;
      lines.push(name, value);
    }
  }
  const { host: authority, cookie, authorization, bodyBytes, expectsContinue } = draft;
  if (authority === undefined || authority === '' || !authorityForm.test(authority)) return undefined;
  if (endsHere && bodyBytes !== undefined && bodyBytes > 0) return undefined;
  const rawHeaders = ['host', authority, ...lines];
  if (cookie !== undefined) rawHeaders.push('cookie', cookie);
  let bytes = 0;
  for (const text of rawHeaders) bytes += text.length + 2;
  const isGrpc = toGrpcType(lines) !== undefined;
  const grpcTimeoutMs = isGrpc ? readGrpcTimeout(valueIn(lines, 'grpc-timeout') ?? '') : undefined;
  return {
    rawHeaders,
    authority,
    host: toHostName(authority),
    authorization,
    bodyBytes,
    expectsContinue,
    isGrpc,
    grpcTimeoutMs,
    bytes,
    source,
  };
}

/** Milliseconds of each unit. */
const timeUnits = { H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 1e-3, n: 1e-6 } as const;

/** @returns milliseconds, rounded up; undefined when it is not of the form that gRPC defines. */
function readGrpcTimeout(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,8})([HMSmun])$/.exec(text) ?? [];
  return digits === undefined
    ? undefined
    : Math.ceil(Number(digits) * timeUnits[unit as keyof typeof timeUnits]);
}

/** @returns false when the field makes the request malformed. */
function take(draft: FieldDraft, name: string, value: string): boolean {
  if (name === 'authorization') {
    draft.authorization = draft.authorization === undefined ? value : `${draft.authorization}, ${value}`;
  } else if (name === 'content-length') {
    if (draft.bodyBytes !== undefined) return false;
    draft.bodyBytes = /^\d+$/.test(value) ? readDecimal(value) : undefined;
    return draft.bodyBytes !== undefined;
  } else if (name === 'te') return value.toLowerCase() === 'trailers';
  else if (name === 'expect') draft.expectsContinue = value.toLowerCase() === '100-continue';
  return true;
}

/** Control characters would end a line of HTTP/1.1, and white space at either end would be lost there. */
const isNoValue = /[^\t\x20-\x7e\x80-\xff]|^[\t ]|[\t ]$/;
