import type { IncomingMessage } from 'node:http';
import { normalizeHeaderName } from '../base/header-name.ts';
import type { RequestChanges } from '../application/middleware.ts';

/** The part of Node's requests that is read and changed; HTTP/2's compatibility API has it too. */
export type NodeRequest = Pick<IncomingMessage, 'headers' | 'rawHeaders'> & {
  headersDistinct?: IncomingMessage['headersDistinct'];
};

/** Current `Authorization` of the request. Node.js shows only the first of several; here they are joined with `, `. */
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
 * Changes a request to what the gateway would have forwarded: `authorization` is the token, so that code which forwards the request
 * works as behind the gateway; forwarded headers are set, including empty ones; the caller's own are removed. The change is made in
 * place, so it is visible to code that already has the request's headers.
 */
export function admit(request: NodeRequest, { allow, lowerHeaders, removedLengths }: RequestChanges): void {
  const { headers, rawHeaders } = request;
  const { removeHeaders, setHeaders } = allow;
  const replacesAuthorization = lowerHeaders[0] === 'authorization';
  const sent = rawHeaders.length;
  let kept = 0;
  let set = 0;
  // Adapters that create requests from events of a cloud function provide no raw headers.
  if (sent === 0) drop(headers, removeHeaders);
  for (let at = 0; at + 1 < sent; at += 2) {
    const name = rawHeaders[at] ?? '';
    // Length alone excludes most names, without normalising them.
    const normalized = removedLengths[name.length] === true ? normalizeHeaderName(name) : '';
    if (removeHeaders.has(normalized)) {
      // A header that gets a new value stays: an object that loses and regains a property becomes slower.
      if (normalized !== 'authorization' || !replacesAuthorization)
        Reflect.deleteProperty(headers, name.toLowerCase());
      // A new header takes its slot, so that the list neither moves nor shrinks and grows again.
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

/** Makes Node.js rebuild its view at the next read; correct only with as many raw headers as were received. */
function forget(request: { headersDistinct?: unknown }): void {
  request.headersDistinct = undefined;
}

/** Node.js reads as many raw headers as were received; after a change it rebuilds its view at the next read. */
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
