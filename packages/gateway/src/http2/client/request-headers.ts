import type { OutgoingHttpHeaders } from 'node:http2';
import { isPushed } from '../../http1/client/request-head.ts';
import type { OutgoingRequest } from '../../http1/client/request.ts';
import { isToken, toHeaderText, type HeaderText } from '../../http1/message/header-text.ts';

/** Headers as Node.js takes them: names in lower case. */
type FieldMap = Record<string, string | string[]>;

/** Writes heads of requests; parts that several requests share are read once. */
export type ToRequestHeaders = (request: OutgoingRequest) => OutgoingHttpHeaders | undefined;

/** @returns undefined for a head that cannot be written: another reader could take a part of it for a further field. */
export function createRequestHeaders(scheme: 'http' | 'https'): ToRequestHeaders {
  const known = new WeakMap<HeaderText, FieldMap>();
  const readShared = (text: HeaderText): FieldMap => {
    let fields = known.get(text);
    if (fields === undefined) known.set(text, (fields = appendLines({}, text.lines)));
    return fields;
  };
  const toFields = (headers: OutgoingRequest['headers']): FieldMap | undefined => {
    const text = 'lines' in headers ? headers : toHeaderText(headers);
    if (text === undefined) return undefined;
    if (text.shared === undefined) return appendLines({}, text.lines);
    const own = text.lines.slice(0, text.lines.length - text.shared.lines.length);
    return appendLines({ ...readShared(text.shared) }, own);
  };
  return (request) => {
    const { method, target, body } = request;
    const fields = toFields(request.headers);
    if (fields === undefined || !isToken.test(method) || !isTarget.test(target)) return undefined;
    const { host, ...rest } = fields;
    const length = body === undefined ? undefined : body.length;
    return {
      ':method': method,
      ':scheme': scheme,
      ':authority': typeof host === 'string' ? host : '',
      ':path': target,
      ...rest,
      ...(length !== undefined && { 'content-length': String(length) }),
      ...(request.expectsContinue === true && isPushed(body) && { expect: '100-continue' }),
    };
  };
}

/** Adds header lines, each with its CR LF, without those of a connection of HTTP/1.1 (RFC 9113 section 8.2.2). */
function appendLines(fields: FieldMap, lines: string): FieldMap {
  let at = 0;
  while (at < lines.length) {
    const colon = lines.indexOf(': ', at);
    const end = lines.indexOf('\r\n', colon);
    const name = lines.slice(at, colon).toLowerCase();
    const value = lines.slice(colon + 2, end).trim();
    at = end + 2;
    if (ofConnection.has(name)) continue;
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (name === 'te') continue;
    else if (name === 'cookie') fields[name] = `${String(before)}; ${value}`;
    else fields[name] = typeof before === 'string' ? [before, value] : [...before, value];
  }
  return fields;
}

const ofConnection: ReadonlySet<string> = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'http2-settings'],
  ...['content-length', 'expect'],
]);

/** RFC 9113 section 8.3.1. */
const isTarget = /^(?:\/[\x21-\x7e\x80-\xff]*|\*)$/;

/** @param trailers name in lower case and value in turn, which have been validated. */
export function toTrailerFields(trailers: readonly string[]): OutgoingHttpHeaders {
  const text = toHeaderText(trailers);
  return text === undefined ? {} : appendLines({}, text.lines);
}
