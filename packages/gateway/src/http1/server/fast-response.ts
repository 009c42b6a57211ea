import type { Socket } from 'node:net';
import type { CallerResponse, InterimHead, ResponseListener } from '../../proxy/caller-response.ts';
import type { CallerResponseHead } from '../message/response-writer.ts';
import { toChunk, toLastChunk, writeChunk } from '../message/write-chunk.ts';
import { writeText } from '../message/write-text.ts';
import type { ResponseTexts } from './response-texts.ts';

/** The parts of a connection that its responses use. */
export interface FastConnection {
  readonly socket: Socket;
  readonly texts: ResponseTexts;
  /** The lines that say that the connection goes on, with their CR LF. */
  readonly keepAlive: string;
  /** Whether connections end with the responses under way. */
  readonly isEnding: boolean;
  /** The response has been handed to the system completely, or cannot be; `FastResponse.closed` must be called. */
  readonly written: (error?: Error | null) => void;
  /** The whole response has been passed to the system; unless `written` has been called, the system has not taken it yet. */
  ended(): void;
  /** The system has not taken all that was written. */
  onBlocked(): void;
}

/** Bytes of a part up to which it is copied into the text of the head, and goes out with it in one write. */
const smallBytes = 4096;

/** A response on a connection that the entry point reads itself. A class, because one is created for each request. */
export class FastResponse implements CallerResponse {
  begun = false;
  over = false;
  /** Whether the connection ends with it. */
  isLast: boolean;
  readonly #connection: FastConnection;
  readonly #method: string;
  readonly #isHttp11: boolean;
  #told: readonly ResponseListener[] = nobody;
  /** The head that has not been sent yet. */
  #head: CallerResponseHead | undefined;
  /** The head from when it has begun. */
  #begunWith: CallerResponseHead | undefined = undefined;
  #hasBody = true;
  #chunked = false;
  #isClosed = false;

  constructor(connection: FastConnection, method: string, isHttp11: boolean, isLast: boolean) {
    this.#connection = connection;
    this.#method = method;
    this.#isHttp11 = isHttp11;
    this.isLast = isLast;
  }

  get status(): number {
    return this.#begunWith?.status ?? 0;
  }

  get headers(): readonly string[] {
    return this.#begunWith?.headers ?? noHeaders;
  }

  onClose(told: ResponseListener): void {
    if (this.#isClosed) told.responseClosed();
    else this.#told = this.#told === nobody ? [told] : [...this.#told, told];
  }

  /** It has been written to its end, or its connection is gone. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.over = true;
    for (const told of this.#told) told.responseClosed();
  }

  last(): void {
    this.isLast = true;
  }

  /** Nobody waits for it here: a body has come before its request is looked at. */
  continue(): void {}

  interim({ status, reason, headers }: InterimHead): void {
    // HTTP/1.0 knows none. `100 Continue` is not the server's to send: it was not asked for one.
    if (!this.#isHttp11 || this.begun || this.over || (status !== 102 && status !== 103)) return;
    let hints = '';
    if (status === 103)
      for (let at = 0; at + 1 < headers.length; at += 2)
        if (headers[at] === 'link') hints += `Link: ${headers[at + 1] ?? ''}\r\n`;
    if (status === 102 || hints !== '')
      this.#connection.socket.write(`HTTP/1.1 ${status} ${reason}\r\n${hints}\r\n`, 'latin1');
  }

  begin(head: CallerResponseHead): void {
    // Here, so that one that cannot be written is refused before anything is.
    this.#connection.texts.toText(head);
    this.#begunWith = head;
    this.#head = head;
    this.begun = true;
  }

  write(part: Buffer, lent: boolean): boolean {
    if (part.length === 0 || !this.#takesBody()) return true;
    const { socket } = this.#connection;
    const head = this.#takeHead();
    if (part.length <= smallBytes) {
      const text = part.toString('latin1');
      return socket.write(head + (this.#chunked ? toChunk(text) : text), 'latin1');
    }
    const own = lent ? Buffer.from(part) : part;
    if (this.#chunked) return writeChunk(socket, own, head);
    if (head === '') return socket.write(own);
    socket.cork();
    socket.write(head, 'latin1');
    const taken = socket.write(own);
    socket.uncork();
    return taken;
  }

  flush(): void {
    const head = this.#takeHead();
    if (head !== '') this.#connection.socket.write(head, 'latin1');
  }

  onceDrained(told: () => void): void {
    this.#connection.socket.once('drain', told);
    this.#connection.onBlocked();
  }

  end(part: Buffer | undefined, lent: boolean, trailers: readonly string[]): void {
    if (this.over) return;
    const connection = this.#connection;
    const { socket, written } = connection;
    if (part !== undefined && part.length > smallBytes) this.write(part, lent);
    let text = this.#takeHead();
    if (this.#hasBody) {
      if (part !== undefined && part.length > 0 && part.length <= smallBytes) {
        const small = part.toString('latin1');
        text += this.#chunked ? toChunk(small) : small;
      }
      if (this.#chunked) text += trailers.length > 0 ? toLastChunk(trailers) : lastChunk;
    }
    this.over = true;
    if (text !== '') writeText(socket, text, written);
    else if (socket.writableLength > 0) socket.write(nothing, written);
    else written();
    connection.ended();
  }

  cut(): void {
    const { socket } = this.#connection;
    // Without chunks or a length, an orderly end of the connection would be the end of the body (RFC 9112 section 6.3).
    if ('encrypted' in socket || this.#chunked) socket.destroy();
    else socket.resetAndDestroy();
  }

  /** Whether parts of a body belong on the connection at all; known from the head on. */
  #takesBody(): boolean {
    if (this.#head !== undefined) this.#hasBody = this.#method !== 'HEAD' && !bodiless.has(this.#head.status);
    return this.#hasBody;
  }

  /** The head to send; empty once it has been sent. */
  #takeHead(): string {
    const head = this.#head;
    if (head === undefined) return '';
    const { texts, keepAlive } = this.#connection;
    const hasBody = this.#takesBody();
    this.#head = undefined;
    const { lines, hasDate, hasLength } = texts.toText(head);
    let text = head.dated && !hasDate ? lines + texts.date() : lines;
    if (hasBody && !hasLength) {
      // HTTP/1.0 knows no chunks: there the end of the connection is the end of the body.
      this.#chunked = this.#isHttp11;
      if (!this.#isHttp11) this.isLast = true;
    }
    if (this.#connection.isEnding) this.isLast = true;
    text += this.isLast ? 'Connection: close\r\n' : keepAlive;
    return text + (this.#chunked ? 'Transfer-Encoding: chunked\r\n\r\n' : '\r\n');
  }
}

const nobody: readonly ResponseListener[] = Object.freeze([]);
const noHeaders: readonly string[] = Object.freeze([]);
const nothing = Buffer.alloc(0);

/** RFC 9112 section 6.3. */
const bodiless: ReadonlySet<number> = new Set([204, 304]);

const lastChunk = toLastChunk([]);
