import type { Agent, IncomingMessage } from 'node:http';
import { request as httpRequest } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { pipeline } from 'node:stream';
import type { CanonicalFields } from './header-fields.testkit.ts';
import { sortByName } from './header-fields.testkit.ts';

export interface TraefikOutgoingRequest {
  readonly method: string;
  /** `http://host:port`. */
  readonly origin: string;
  /** Path and query. */
  readonly uri: string;
  readonly host: string;
  /** Without `Host` and the headers that frame the body. */
  readonly fields: CanonicalFields;
  readonly body: Readable | Buffer | undefined;
  /** In bytes; undefined for a body in chunks. */
  readonly contentLength: number | undefined;
}

export interface OutgoingResponse {
  readonly message: IncomingMessage;
  /** Set when the server has switched protocols: the connection, and the first bytes on it. */
  readonly upgraded: { readonly socket: Duplex; readonly head: Buffer } | undefined;
}

/**
 * Sends a request as Go writes it: `Host`, `User-Agent`, the headers that frame the body, then the others by name. Aborting the
 * signal closes the connection.
 */
export function sendOutgoing(
  outgoing: TraefikOutgoingRequest,
  { agent, signal }: { readonly agent: Agent; readonly signal: AbortSignal },
): Promise<OutgoingResponse> {
  const { method, origin, uri, host, fields, body, contentLength } = outgoing;
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const request = httpRequest({ hostname, port, method, path: uri, agent, signal, setHost: false });
    request.setHeader('Host', host);
    const agentName = fields.get('User-Agent') ?? [];
    if (agentName.join('') !== '') request.setHeader('User-Agent', agentName);
    frame(request, body, contentLength, method);
    for (const [name, values] of sortByName(fields)) request.setHeader(name, values);
    // Last, if the caller names no coding and the body can have one.
    if (method !== 'HEAD' && !fields.has('Accept-Encoding') && !fields.has('Range'))
      request.setHeader('Accept-Encoding', 'gzip');
    if (!fields.has('Connection')) request.removeHeader('Connection');
    request.on('error', reject);
    request.on('response', (message) => resolve({ message, upgraded: undefined }));
    request.on('upgrade', (message, socket, head) => resolve({ message, upgraded: { socket, head } }));
    if (body === undefined || Buffer.isBuffer(body)) request.end(body);
    else pipeline(body, request, (error) => error && reject(error));
  });
}

/** Go sends the length of a body, or that it is in chunks, or, for a method that usually has a body, that there is none. */
function frame(
  request: ReturnType<typeof httpRequest>,
  body: TraefikOutgoingRequest['body'],
  contentLength: number | undefined,
  method: string,
): void {
  const none = body === undefined || contentLength === 0;
  if (!none && contentLength === undefined) request.setHeader('Transfer-Encoding', 'chunked');
  else if (!none || /^(?:POST|PUT|PATCH)$/.test(method))
    request.setHeader('Content-Length', String(none ? 0 : contentLength));
}
