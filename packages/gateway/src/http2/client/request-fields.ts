import { isPushed } from '../../http1/client/request-head.ts';
import type { OutgoingRequest } from '../../http1/client/request.ts';
import { isToken, toHeaderText, type HeaderText } from '../../http1/message/header-text.ts';
import { fieldsOfConnection } from '../message/fields.ts';

/** Reads the head of a request as fields, name and value in turn; parts that several requests share are read once. */
export type ToRequestFields = (request: OutgoingRequest) => readonly string[] | undefined;

/** @returns undefined for a head that cannot be written: another reader could take a part of it for a further field. */
export function createRequestFields(scheme: 'http' | 'https'): ToRequestFields {
  const known = new WeakMap<HeaderText, readonly string[]>();
  const readShared = (text: HeaderText): readonly string[] => {
    let fields = known.get(text);
    if (fields === undefined) known.set(text, (fields = readLines(text.lines)));
    return fields;
  };
  const readFields = (headers: OutgoingRequest['headers']): readonly string[] | undefined => {
    const text = 'lines' in headers ? headers : toHeaderText(headers);
    if (text?.shared === undefined) return text && readLines(text.lines);
    const own = text.lines.slice(0, text.lines.length - text.shared.lines.length);
    return [...readLines(own), ...readShared(text.shared)];
  };
  return (request) => {
    const { method, target, body } = request;
    const fields = readFields(request.headers);
    if (fields === undefined || !isToken.test(method) || !isTarget.test(target)) return undefined;
    const length = body === undefined ? undefined : body.length;
    const head = [':method', method, ':scheme', scheme, ':authority', '', ':path', target];
    let authority = '';
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const value = fields[at + 1] ?? '';
      if (fields[at] === 'host') authority = value;
      else head.push(fields[at] ?? '', value);
    }
    head[5] = authority;
    if (length !== undefined) head.push('content-length', String(length));
    if (request.expectsContinue === true && isPushed(body)) head.push('expect', '100-continue');
    return head;
  };
}

/** Reads header lines, each with its CR LF, without those of a connection of HTTP/1.1 (RFC 9113 section 8.2.2). */
function readLines(lines: string): readonly string[] {
  const fields: string[] = [];
  let cookie: string | undefined;
  let hasTe = false;
  let at = 0;
  while (at < lines.length) {
    const colon = lines.indexOf(': ', at);
    const end = lines.indexOf('\r\n', colon);
    const name = lines.slice(at, colon).toLowerCase();
    const value = lines.slice(colon + 2, end).trim();
    at = end + 2;
    if (isLeftOut(name) || (name === 'te' && hasTe)) continue;
    hasTe ||= name === 'te';
    if (name === 'cookie') cookie = cookie === undefined ? value : `${cookie}; ${value}`;
    else fields.push(name, value);
  }
  if (cookie !== undefined) fields.push('cookie', cookie);
  return fields;
}

const isLeftOut = (name: string): boolean =>
  fieldsOfConnection.has(name) || name === 'http2-settings' || name === 'content-length' || name === 'expect';

/** RFC 9113 section 8.3.1. */
const isTarget = /^(?:\/[\x21-\x7e\x80-\xff]*|\*)$/;

/** @param trailers name in lower case and value in turn, which have been validated. */
export function toTrailerFields(trailers: readonly string[]): readonly string[] {
  const text = toHeaderText(trailers);
  return text === undefined ? [] : readLines(text.lines);
}
