import { toHeaderText } from '../../http1/message/header-text.ts';
import { noTrailers, type CallerResponseHead } from '../../http1/message/response-writer.ts';
import type { CallerResponse, InterimHead, ResponseListener } from '../../proxy/caller-response.ts';
import type { Http2Stream } from '../endpoint/stream.ts';
import type { Http2StreamListener } from '../endpoint/stream-listener.ts';
import { errorCodes } from '../frames/error-code.ts';
import { appendFields } from './response-heads.ts';

/** The connection of a response. */
export interface CallerStreamConnection {
  /** Bytes of heads and bodies that requests and responses have moved. */
  usefulBytes: number;
  /** Ends the connection after the responses in flight. */
  last(): void;
  /** The caller has still to take a part of the response. */
  onPending(response: StreamResponse): void;
  /** Encodes a head for the next frame. */
  encode(head: CallerResponseHead): Buffer;
  /** @param begun whether the head of the response was sent. */
  onResponseClosed(begun: boolean): void;
}

/** Receives the rest of a request. */
export interface RequestReceiver {
  take(part: Buffer): void;
  end(trailers: readonly string[]): void;
  /** Nothing more comes. @param code why the stream was reset; undefined when both sides have ended it. */
  close(code: number | undefined): void;
}

/** The response on a stream. A class, because one is created for each request. */
export class StreamResponse implements CallerResponse, Http2StreamListener {
  begun = false;
  over = false;
  readonly stream: Http2Stream;
  /** Undefined for a request that is not read. */
  receiver: RequestReceiver | undefined = undefined;
  readonly #connection: CallerStreamConnection;
  readonly #isHead: boolean;
  #told: readonly ResponseListener[] = nobody;
  #onDrained: (() => void) | undefined = undefined;
  #begunWith: CallerResponseHead | undefined = undefined;
  #isSent = false;
  #isClosed = false;
  #hasBody = true;
  #writtenBytes = 0;

  constructor(stream: Http2Stream, method: string, connection: CallerStreamConnection) {
    this.stream = stream;
    this.#isHead = method === 'HEAD';
    this.#connection = connection;
    stream.listener = this;
  }

  get status(): number {
    return this.#begunWith?.status ?? 0;
  }

  get headers(): readonly string[] {
    return this.#begunWith?.headers ?? nothing;
  }

  /** Bytes of the body that the caller has still to take. */
  get pendingBytes(): number {
    return this.stream.queuedBytes;
  }

  /** Bytes of the body that the caller has taken. */
  get takenBytes(): number {
    return this.#writtenBytes - this.stream.queuedBytes;
  }

  onClose(told: ResponseListener): void {
    if (this.#isClosed) told.responseClosed();
    else this.#told = this.#told.length === 0 ? [told] : [...this.#told, told];
  }

  last(): void {
    this.#connection.last();
  }

  continue(): void {
    this.#sendInterim([':status', '100']);
  }

  interim({ status, headers }: InterimHead): void {
    // `100 Continue` is not the server's to send, and 101 does not exist in HTTP/2.
    if (status !== 102 && status !== 103) return;
    const fields = [':status', String(status)];
    if (status === 103) {
      appendFields(
        fields,
        headers.filter((_, at) => headers[at - (at % 2)] === 'link'),
      );
      if (fields.length === 2) return;
    }
    this.#sendInterim(fields);
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
    if (part.length === 0 || !this.#hasBody) return true;
    this.written(part.length);
    return this.stream.write(part, !lent);
  }

  flush(): void {
    if (!this.#isSent) this.#send(false);
  }

  onceDrained(told: () => void): void {
    if (this.pendingBytes === 0) {
      process.nextTick(told);
      return;
    }
    this.#onDrained = told;
    this.#connection.onPending(this);
  }

  end(part: Buffer | undefined, lent: boolean, trailers: readonly string[]): void {
    if (this.over) return;
    const last = this.#hasBody && part !== undefined && part.length > 0 ? part : undefined;
    const hasTrailers = this.#hasBody && trailers.length > 0;
    const endsWithHead = !this.#isSent && last === undefined && !hasTrailers;
    if (!this.#isSent) this.#send(endsWithHead);
    this.over = true;
    if (endsWithHead) return;
    if (last !== undefined) this.written(last.length);
    this.stream.end(last, !lent, hasTrailers ? toFields(trailers) : noTrailers);
    if (this.pendingBytes > 0) this.#connection.onPending(this);
  }

  cut(): void {
    this.reset(errorCodes.internalError);
  }

  /** Ends the stream before its response is complete. */
  reset(code: number): void {
    this.over = true;
    this.stream.reset(code);
  }

  /** Begins a WebSocket instead of a body. @param headers name and value in turn. */
  accept(headers: readonly string[]): void {
    this.begun = true;
    this.#isSent = true;
    const fields = [':status', '200'];
    appendFields(fields, headers);
    this.stream.sendFields(fields, false);
  }

  /** Ends the stream of a WebSocket. */
  finish(): void {
    this.over = true;
    this.stream.end(undefined, true, noTrailers);
  }

  /** Bytes have been written to the stream. */
  written(bytes: number): void {
    this.#writtenBytes += bytes;
    this.#connection.usefulBytes += bytes;
  }

  onFields(): void {
    // Only servers send a head after the first one.
  }

  onData(part: Buffer): void {
    this.receiver?.take(part);
  }

  onFlush(): void {}

  onEnd(trailers: readonly string[]): void {
    this.receiver?.end(trailers);
  }

  onDrained(): void {
    const told = this.#onDrained;
    this.#onDrained = undefined;
    told?.();
  }

  onClosed(code: number | undefined): void {
    this.over = true;
    this.#isClosed = true;
    this.receiver?.close(code);
    this.#connection.onResponseClosed(this.begun);
    for (const told of this.#told) told.responseClosed();
  }

  #sendInterim(fields: readonly string[]): void {
    if (!this.begun) this.stream.sendFields(fields, false);
  }

  #send(endsHere: boolean): void {
    const head = this.#begunWith;
    if (head === undefined || this.stream.isClosed) return;
    this.#isSent = true;
    this.stream.sendBlock(this.#connection.encode(head), endsHere);
  }
}

const nobody: readonly ResponseListener[] = Object.freeze([]);
const nothing: readonly string[] = Object.freeze([]);

/** RFC 9110 sections 15.3.5 and 15.4.5. */
const bodiless: ReadonlySet<number> = new Set([204, 205, 304]);

const toFields = (headers: readonly string[]): readonly string[] => {
  const fields: string[] = [];
  appendFields(fields, headers);
  return fields;
};
