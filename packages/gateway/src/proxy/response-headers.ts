import type { IncomingHttpHeaders } from 'node:http';
import { hopByHop, namedByConnection } from './hop-by-hop.ts';

/** The head that the caller gets: the upstream's without the headers of its connection, and the sticky cookie. */
export function toCallerHeaders(headers: IncomingHttpHeaders, setCookie: string | undefined): string[] {
  const connection = headers.connection;
  const named = connection === undefined ? undefined : namedByConnection(connection);
  const result: string[] = [];
  for (const name in headers) {
    if (hopByHop.has(name) || named?.has(name) === true) continue;
    const value = headers[name];
    if (typeof value === 'string') result.push(name, value);
    else if (value !== undefined) for (const each of value) result.push(name, each);
  }
  if (setCookie !== undefined) result.push('set-cookie', setCookie);
  return result;
}
