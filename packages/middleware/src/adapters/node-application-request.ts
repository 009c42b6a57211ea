import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Http2ServerRequest } from 'node:http2';
import type { TLSSocket } from 'node:tls';
import {
  withCookies,
  type ApplicationRequest,
  type ApplicationMiddleware,
  type RequestChanges,
} from '../application/middleware.ts';
import { readAuthorization } from './node-request.ts';

/**
 * A request of Node.js, with optional additions of Express: `originalUrl` (also in Connect) is the URL before a router changed it, and
 * `protocol` obeys `trust proxy`. Express's `host` is left out, because Express 4 deprecates it.
 */
export type NodeMessage = (IncomingMessage | Http2ServerRequest) & {
  originalUrl?: string;
  readonly protocol?: string;
};

/** URL properties that a framework adds to the request. */
export interface UrlFacts {
  /** `http` or `https`. */
  readonly protocol?: string | undefined;
  /** Host and port. */
  readonly host?: string | undefined;
}

/** Cached by connection, because a caller's certificate does not change. */
const thumbprints = new WeakMap<object, string>();

/** Thumbprint of the certificate of a TLS connection (RFC 8705 section 3.1). The server determines whether it is verified. */
export function certificateThumbprintOf(socket: Partial<TLSSocket> | undefined): string | undefined {
  if (socket?.encrypted !== true) return undefined;
  let thumbprint = thumbprints.get(socket);
  if (thumbprint === undefined) {
    // Without a certificate, Node.js returns an empty object.
    const { raw } = (socket.getPeerCertificate?.() ?? {}) as { readonly raw?: Buffer };
    if (raw === undefined) return undefined;
    thumbprint = createHash('sha256').update(raw).digest('base64url');
    thumbprints.set(socket, thumbprint);
  }
  return thumbprint;
}

/** A request of Node.js, for middlewares. Each part is read on demand, because most decisions need one header. */
export class NodeApplicationRequest implements ApplicationRequest {
  readonly #message: NodeMessage;
  readonly #urlFacts: UrlFacts | undefined;

  /** @param urlFacts properties of the framework, read on demand. Default: those of the connection. */
  constructor(message: NodeMessage, urlFacts?: UrlFacts) {
    this.#message = message;
    this.#urlFacts = urlFacts;
  }

  get authorization(): string | undefined {
    return readAuthorization(this.#message);
  }

  get method(): string {
    return this.#message.method ?? '';
  }

  get target(): string {
    return this.#message.originalUrl ?? this.#message.url ?? '';
  }

  get origin(): string {
    const { socket, headers, protocol } = this.#message;
    const isEncrypted = (socket as Partial<TLSSocket>).encrypted === true;
    const scheme = this.#urlFacts?.protocol ?? protocol ?? (isEncrypted ? 'https' : 'http');
    const authority = headers[':authority'] ?? headers.host ?? '';
    return `${scheme}://${this.#urlFacts?.host ?? String(authority)}`;
  }

  header(name: string): string | undefined {
    const value = this.#message.headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  }

  certificateThumbprint(): string | undefined {
    return certificateThumbprintOf(this.#message.socket as Partial<TLSSocket>);
  }
}

/** Objects of a framework that repeat the URL of a request. */
export interface UrlHolders {
  /** The query, if it is already parsed; changed in place. */
  readonly query?: unknown;
  /** Objects with an `originalUrl`. */
  readonly others?: readonly { originalUrl: string }[];
}

/**
 * Removes the credential from the URL of a request, so that handlers do not see it.
 *
 * @returns the changes to the request, including its cookies if they contained the credential.
 */
export function stripCredential(
  message: NodeMessage,
  changes: RequestChanges,
  source: NonNullable<ApplicationMiddleware['source']>,
  { query, others = [] }: UrlHolders = {},
): RequestChanges {
  const strip = (target: string) =>
    source.strip({
      authorization: undefined,
      target,
      header: (name) => (name === 'cookie' ? message.headers.cookie : undefined),
    });
  const { url = '' } = message;
  const { target = url, cookie } = strip(url);
  if (target !== url) {
    message.url = target;
    for (const holder of [message, ...others])
      if (holder.originalUrl !== undefined)
        holder.originalUrl = strip(holder.originalUrl).target ?? holder.originalUrl;
    const { query: name } = source.secretNames;
    if (name !== undefined && typeof query === 'object' && query !== null)
      Reflect.deleteProperty(query, name);
  }
  return cookie === undefined ? changes : withCookies(changes, cookie);
}
