import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { toHeaderText } from '../../http1/message/header-text.ts';
import { hopByHop } from '../../http1/message/hop-by-hop.ts';
import type { CallerResponseHead } from '../../http1/message/response-writer.ts';
import type { CallerResponse, InterimHead, ResponseListener } from '../../proxy/caller-response.ts';

/** The connection of a response. */
export interface StreamConnection {
  /** Bytes of heads and bodies that requests and responses have moved. */
  usefulBytes: number;
  /** Ends the connection after the responses in flight. */
  last(): void;
  /** The caller has still to take a part of the response. */
  onPending(response: StreamResponse): void;
}

/** Maximum size of one write, in bytes: the progress of a caller shows only after each. */
const maxWriteBytes = 64 * 1024;

/** The response on a stream. A class, because one is created for each request. */
export class StreamResponse implements CallerResponse {
  begun = false;
  over = false;
  readonly stream: ServerHttp2Stream;
  readonly #connection: StreamConnection;
  readonly #isHead: boolean;
  #told: readonly ResponseListener[] = nobody;
  #begunWith: CallerResponseHead | undefined = undefined;
  #isSent = false;
  #hasBody = true;
  /** Whether trailers can follow the body; known when the head is sent. */
  #takesTrailers = false;
  #trailers: readonly string[] = nothing;
  #writtenBytes = 0;
  #isClosed = false;

  constructor(stream: ServerHttp2Stream, method: string, connection: StreamConnection) {
    this.stream = stream;
    this.#isHead = method === 'HEAD';
    this.#connection = connection;
    stream.once('close', this.#onClosed);
  }

  get status(): number {
    return this.#begunWith?.status ?? 0;
  }

  get headers(): readonly string[] {
    return this.#begunWith?.headers ?? nothing;
  }

  /** Bytes of the body that the caller has still to take. */
  get pendingBytes(): number {
    return this.#isClosed ? 0 : this.stream.bufferSize;
  }

  /** Bytes of the body that the caller has taken. */
  get takenBytes(): number {
    return this.#writtenBytes - this.stream.bufferSize;
  }

  onClose(told: ResponseListener): void {
    if (this.#isClosed) told.responseClosed();
    else this.#told = [...this.#told, told];
  }

  last(): void {
    this.#connection.last();
  }

  continue(): void {
    this.#sendInterim({ ':status': 100 });
  }

  interim({ status, headers }: InterimHead): void {
    // `100 Continue` is not the server's to send, and 101 does not exist in HTTP/2.
    if (status !== 102 && status !== 103) return;
    const fields = headers.filter((_, at) => status === 103 && headers[at - (at % 2)] === 'link');
    if (status === 102 || fields.length > 0) this.#sendInterim({ ':status': status, ...toFields(fields) });
  }

  begin(head: CallerResponseHead): void {
    // Here, so that one that cannot be written is refused before anything is.
    if (!head.reused && toHeaderText(head.headers) === undefined)
      throw new TypeError('a header that cannot be written');
    this.#begunWith = head;
    this.begun = true;
    this.#hasBody = !this.#isHead && !bodiless.has(head.status);
  }

  write(part: Buffer, lent: boolean): boolean {
    this.flush();
    if (part.length === 0 || !this.#hasBody || this.#isGone) return true;
    return this.#writeParts(lent ? Buffer.from(part) : part);
  }

  flush(): void {
    if (!this.#isSent) this.#send(false, true);
  }

  onceDrained(told: () => void): void {
    this.stream.once('drain', told);
    this.#connection.onPending(this);
  }

  end(part: Buffer | undefined, lent: boolean, trailers: readonly string[]): void {
    if (this.over) return;
    const { stream } = this;
    const last = this.#hasBody && part !== undefined && part.length > 0 ? part : undefined;
    const hasTrailers = this.#hasBody && trailers.length > 0;
    if (!this.#isSent) this.#send(last === undefined && !hasTrailers, hasTrailers);
    this.over = true;
    if (this.#isGone) return;
    this.#trailers = trailers;
    if (last !== undefined) this.#writeParts(lent ? Buffer.from(last) : last);
    stream.end();
    if (this.pendingBytes > 0) this.#connection.onPending(this);
    if (!this.#takesTrailers) this.#endRequest();
  }

  cut(): void {
    this.reset(constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** Ends the stream before its response is complete. */
  reset(code: number): void {
    this.over = true;
    if (!this.#isGone) this.stream.close(code);
  }

  /** Begins a WebSocket in place of a body. @param headers name and value in turn. */
  accept(headers: readonly string[]): void {
    this.begun = true;
    this.#isSent = true;
    if (!this.#isGone) this.stream.respond({ ':status': 200, ...toFields(headers) });
  }

  /** Ends the stream of a WebSocket. */
  finish(): void {
    this.over = true;
    if (this.#isGone) return;
    this.stream.end();
    this.#endRequest();
  }

  /** Bytes have been written to the stream. */
  written(bytes: number): void {
    this.#writtenBytes += bytes;
    this.#connection.usefulBytes += bytes;
  }

  get #isGone(): boolean {
    return this.stream.destroyed || this.stream.closed;
  }

  #sendInterim(fields: OutgoingHttpHeaders): void {
    if (!this.begun && !this.#isGone) this.stream.additionalHeaders(fields);
  }

  /** @param mayHaveTrailers whether they may follow what is sent now. */
  #send(endsHere: boolean, mayHaveTrailers: boolean): void {
    const head = this.#begunWith;
    if (head === undefined || this.#isGone) return;
    this.#isSent = true;
    const { stream } = this;
    this.#takesTrailers = mayHaveTrailers && this.#hasBody;
    if (this.#takesTrailers) stream.once('wantTrailers', this.#sendTrailers);
    stream.respond(
      { ':status': head.status, ...toFields(head.headers) },
      { endStream: endsHere, waitForTrailers: this.#takesTrailers },
    );
  }

  readonly #sendTrailers = (): void => {
    if (this.#isGone) return;
    this.stream.sendTrailers(toFields(this.#trailers));
    this.#endRequest();
  };

  /** The rest of a request that has its response is of no use (RFC 9113 section 8.1). */
  #endRequest(): void {
    const { stream } = this;
    // A stream without a request body that is read ends before its last write has: Node.js creates an error for each.
    if (this.#isClosed || stream.endAfterHeaders) return;
    stream.resume();
    if (stream.writableFinished) setImmediate(this.#resetRequest);
    else stream.once('finish', () => setImmediate(this.#resetRequest));
  }

  /** In the turn after all has been written: Node.js would otherwise drop trailers, or write without an end. */
  readonly #resetRequest = (): void => {
    const { stream } = this;
    if (this.#isGone || stream.state.state === constants.NGHTTP2_STREAM_STATE_HALF_CLOSED_REMOTE) return;
    stream.close(constants.NGHTTP2_NO_ERROR);
  };

  #writeParts(part: Buffer): boolean {
    this.written(part.length);
    let taken = true;
    for (let at = 0; at < part.length; at += maxWriteBytes)
      taken = this.stream.write(part.length <= maxWriteBytes ? part : part.subarray(at, at + maxWriteBytes));
    return taken;
  }

  readonly #onClosed = (): void => {
    this.#isClosed = true;
    this.over = true;
    for (const told of this.#told) told.responseClosed();
  };
}

const nobody: readonly ResponseListener[] = Object.freeze([]);
const nothing: readonly string[] = Object.freeze([]);

/** RFC 9110 sections 15.3.5 and 15.4.5. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

/** Fields of which each line stays as it is; other lines with the same name become one (RFC 9110 section 5.3). */
const separate: ReadonlySet<string> = new Set([
  'set-cookie',
  'www-authenticate',
  'proxy-authenticate',
  'link',
  'warning',
  'via',
]);

/** Fields for Node.js, without those of an HTTP/1.1 connection, which HTTP/2 does not have. @param headers name and value in turn. */
export function toFields(headers: readonly string[]): OutgoingHttpHeaders {
  const fields = Object.create(null) as Record<string, string | string[]>;
  for (let at = 0; at + 1 < headers.length; at += 2) {
    const name = (headers[at] ?? '').toLowerCase();
    const value = headers[at + 1] ?? '';
    if (hopByHop.has(name) && name !== 'trailer' && name !== 'proxy-authenticate') continue;
    const before = fields[name];
    if (before === undefined) fields[name] = value;
    else if (typeof before === 'string')
      fields[name] = separate.has(name) ? [before, value] : `${before}, ${value}`;
    else before.push(value);
  }
  return fields;
}
