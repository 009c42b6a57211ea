import type { ResponseHead } from '../http1/client/response-head.ts';

/**
 * Whether a response rejects the token: 401 with a `Bearer` challenge that names `invalid_token` or no error. Another token of the
 * same kind would not help against `insufficient_scope` and `invalid_request`.
 *
 * @see RFC 6750 section 3, RFC 9110 section 11.6.1
 */
export function refusesToken({ status, headers }: ResponseHead): boolean {
  if (status !== 401) return false;
  for (let at = 0; at + 1 < headers.length; at += 2)
    if (headers[at] === 'www-authenticate' && namesToken(headers[at + 1] ?? '')) return true;
  return false;
}

function namesToken(challenges: string): boolean {
  let scheme = '';
  let error = '';
  const isRefused = (): boolean => scheme === 'bearer' && (error === '' || error === 'invalid_token');
  for (const [, name = '', quoted, plain] of challenges.matchAll(part)) {
    if (quoted === undefined && plain === undefined) {
      if (isRefused()) return true;
      scheme = name.toLowerCase();
      error = '';
    } else if (name.toLowerCase() === 'error') error = quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '';
  }
  return isRefused();
}

/** A parameter (name, and a quoted or plain value) or the name of a scheme. */
const part = /([!#$%&'*+.^_`|~\w-]+)(?:[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~\w/=-]+)))?/g;
