import { once } from 'node:events';
import {
  connect,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from 'node:http2';

type Http2ResponseHeaders = IncomingHttpHeaders & { readonly ':status'?: number };

/** A response that was read to its end. */
export interface Http2Response {
  readonly status: number;
  readonly headers: Http2ResponseHeaders;
  readonly body: string;
  readonly trailers: IncomingHttpHeaders | undefined;
  /** Error code at the end of the stream: 0 for an orderly end. */
  readonly rstCode: number;
}

/** A client with one HTTP/2 connection. */
export interface Http2Client {
  readonly session: ClientHttp2Session;
  /** Opens a stream. */
  open(headers?: OutgoingHttpHeaders, endStream?: boolean): ClientHttp2Stream;
  /** Sends a request and reads the response. */
  send(headers?: OutgoingHttpHeaders, body?: string | Buffer): Promise<Http2Response>;
  close(): Promise<void>;
}

/** Connects to an origin, `http:` with prior knowledge. */
export async function openHttp2(
  origin: string,
  options: ClientSessionOptions | SecureClientSessionOptions = {},
): Promise<Http2Client> {
  const session = connect(origin, options);
  session.on('error', () => {});
  await Promise.race([once(session, 'remoteSettings'), once(session, 'close')]);
  const open = (headers: OutgoingHttpHeaders = {}, endStream = false): ClientHttp2Stream => {
    const stream = session.request({ ':path': '/', ...headers }, { endStream });
    stream.on('error', () => {});
    return stream;
  };
  return {
    session,
    open,
    send(headers, body) {
      const stream = open(headers, body === undefined);
      const response = readHttp2(stream);
      if (body !== undefined) stream.end(body);
      return response;
    },
    async close() {
      if (session.destroyed) return;
      session.destroy();
      await once(session, 'close');
    },
  };
}

/** Reads the response on a stream until the stream is closed. */
export function readHttp2(stream: ClientHttp2Stream): Promise<Http2Response> {
  let headers: Http2ResponseHeaders = {};
  let trailers: IncomingHttpHeaders | undefined;
  let body = '';
  stream.on('response', (received: Http2ResponseHeaders) => (headers = received));
  stream.on('trailers', (received: IncomingHttpHeaders) => (trailers = received));
  stream.setEncoding('latin1').on('data', (part: string) => (body += part));
  stream.on('error', () => {});
  return new Promise((resolve) =>
    stream.once('close', () =>
      resolve({ status: headers[':status'] ?? 0, headers, body, trailers, rstCode: stream.rstCode }),
    ),
  );
}
