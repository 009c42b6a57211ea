import type { IncomingMessage } from 'node:http';
import { normalizeHeaderName } from '../base/header-name.ts';
import type { Pass } from './guard.ts';

/** The part of Node's requests that is read and changed; HTTP/2's compatibility API has it too. */
export type NodeRequest = Pick<IncomingMessage, 'headers' | 'rawHeaders'> & {
  headersDistinct?: IncomingMessage['headersDistinct'];
};

/** `Authorization` as the request has it by now; several, of which Node.js would show the first alone, are joined by `, `. */
export function readAuthorization({ headers, rawHeaders }: NodeRequest): string | undefined {
  let several: string | undefined;
  let count = 0;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at];
    if (name?.length !== 13 || name.toLowerCase() !== 'authorization') continue;
    const value = rawHeaders[at + 1] ?? '';
    several = several === undefined ? value : `${several}, ${value}`;
    count += 1;
  }
  return count > 1 ? several : headers.authorization;
}

/**
 * Makes a request look as the gateway would have forwarded it: `authorization` is the token, so that code which passes
 * the request on works as behind the gateway; forwarded headers are set, empty ones too; the caller's own are gone. Done
 * in place: whoever holds the request's headers already sees the same.
 */
export function admit(request: NodeRequest, { allow, lowerHeaders, removedLengths }: Pass): void {
  const { headers, rawHeaders } = request;
  const { removeHeaders, setHeaders } = allow;
  const sent = rawHeaders.length;
  let kept = 0;
  let set = 0;
  // What makes requests from events of a cloud function gives no raw headers.
  if (sent === 0) drop(headers, removeHeaders);
  for (let at = 0; at + 1 < sent; at += 2) {
    const name = rawHeaders[at] ?? '';
    // Most names are told apart by their length, without another spelling of them.
    const normalized = removedLengths[name.length] === true ? normalizeHeaderName(name) : '';
    if (removeHeaders.has(normalized)) {
      // That one always gets a value of ours: an object that loses and regains a property is slower from then on.
      if (normalized !== 'authorization') Reflect.deleteProperty(headers, name.toLowerCase());
      // One of ours takes the place: the list neither moves nor shrinks to grow again.
      if (set + 1 >= setHeaders.length || kept !== at) continue;
      rawHeaders[kept] = setHeaders[set] ?? '';
      rawHeaders[kept + 1] = setHeaders[set + 1] ?? '';
      set += 2;
    } else if (kept !== at) {
      rawHeaders[kept] = name;
      rawHeaders[kept + 1] = rawHeaders[at + 1] ?? '';
    }
    kept += 2;
  }
  for (; set + 1 < setHeaders.length; set += 2, kept += 2) {
    rawHeaders[kept] = setHeaders[set] ?? '';
    rawHeaders[kept + 1] = setHeaders[set + 1] ?? '';
  }
  if (kept < rawHeaders.length) rawHeaders.length = kept;
  for (let at = 0; at + 1 < lowerHeaders.length; at += 2)
    headers[lowerHeaders[at] ?? ''] = lowerHeaders[at + 1] ?? '';
  if (!('headersDistinct' in request)) return;
  if (kept === sent && !Object.hasOwn(request, 'headersDistinct')) forget(request);
  else Object.defineProperty(request, 'headersDistinct', distinct);
}

function drop(headers: NodeRequest['headers'], removeHeaders: ReadonlySet<string>): void {
  for (const name of Object.keys(headers))
    if (removeHeaders.has(normalizeHeaderName(name))) Reflect.deleteProperty(headers, name);
}

/** Makes Node.js rebuild its view when it is read; correct only with as many raw headers as were received. */
function forget(request: { headersDistinct?: unknown }): void {
  request.headersDistinct = undefined;
}

/** Node.js reads as many raw headers as the request came with; after a change its view is rebuilt when it is read. */
const distinct: PropertyDescriptor & ThisType<NodeRequest> = {
  configurable: true,
  get() {
    const value = Object.create(null) as Record<string, string[]>;
    const { rawHeaders } = this;
    for (let at = 0; at + 1 < rawHeaders.length; at += 2)
      (value[(rawHeaders[at] ?? '').toLowerCase()] ??= []).push(rawHeaders[at + 1] ?? '');
    Object.defineProperty(this, 'headersDistinct', { configurable: true, writable: true, value });
    return value;
  },
};
