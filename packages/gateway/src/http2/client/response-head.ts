import type { ResponseHead } from '../../http1/client/response-head.ts';
import { readDecimal } from '../../http1/message/decimal.ts';
import { fieldsOfConnection, isFieldName, isNoFieldValue } from '../message/fields.ts';

/**
 * Reads the fields of a response as strictly as those of HTTP/1.1: one that another reader could frame differently is refused.
 *
 * @param fields name and value in turn, as Latin-1. @returns the head, or the reason for refusing it.
 */
export function readFields(fields: readonly string[], method: string): ResponseHead | string {
  const headers: string[] = [];
  let status = 0;
  let length: number | undefined;
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] ?? '';
    const value = fields[at + 1] ?? '';
    if (name === ':status') {
      status = /^[1-5]\d\d$/.test(value) ? Number(value) : 0;
      continue;
    }
    const wrong = findFault(name, value);
    if (wrong !== undefined) return wrong;
    if (name === 'content-length') {
      if (length !== undefined) return 'more than one Content-Length';
      length = readDecimal(value);
      if (length === undefined) return 'a Content-Length that is not a number';
    }
    headers.push(name, value);
  }
  if (status === 0) return 'a malformed status';
  // RFC 9113 section 8.6.
  if (status === 101) return 'a status that HTTP/2 does not have';
  if (status < 200 && length !== undefined) return 'an interim response with a body';
  if (status === 204 && (length ?? 0) > 0) return 'a 204 with a body';
  const framing =
    status < 200 || status === 204 || status === 304 || method === 'HEAD'
      ? 'none'
      : length === undefined
        ? 'chunked'
        : 'length';
  return {
    status,
    reason: '',
    headers,
    framing,
    length: framing === 'length' ? (length ?? 0) : 0,
    keepAlive: true,
    connection: undefined,
    idleSeconds: undefined,
  };
}

/** @param fields name and value in turn. @returns the trailers, or the reason for refusing them. */
export function readTrailers(fields: readonly string[]): readonly string[] | string {
  for (let at = 0; at + 1 < fields.length; at += 2) {
    const name = fields[at] ?? '';
    if (name === 'content-length') return 'a trailer that frames a body';
    const wrong = findFault(name, fields[at + 1] ?? '');
    if (wrong !== undefined) return wrong;
  }
  return fields;
}

function findFault(name: string, value: string): string | undefined {
  if (!isFieldName.test(name)) return 'a header without a valid name';
  if (isNoFieldValue.test(value)) return 'a control character in a header value';
  return fieldsOfConnection.has(name) ? 'a header of an HTTP/1.1 connection' : undefined;
}
