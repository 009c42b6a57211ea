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
  /** The header lines that keep the connection open, with their CR LF. */
  readonly keepAlive: string;
  /** Whether connections close after the responses in flight. */
  readonly isEnding: boolean;
  /** The response has been passed to the system completely, or never will be; `FastResponse.closed` must be called. */
  readonly written: (error?: Error | null) => void;
  /** The whole response has been written; the system has not accepted all of it unless `written` has been called. */
  ended(): void;
  /** The system has not accepted all written bytes. */
  onBlocked(): void;
}

/** Maximum size of a part that is copied into the text of the head, so that both go out in one write, in bytes. */
const smallBytes = 4096;

/** A response on a connection that the entry point reads itself. A class, because one is created per request. */
export class FastResponse implements CallerResponse {
  begun = false;
  over = false;
  /** Whether the connection closes after it. */
  isLast: boolean;
  readonly #connection: FastConnection;
  readonly #method: string;
  readonly #isHttp11: boolean;
  #told: readonly ResponseListener[] = nobody;
  /** The head that has not been sent yet. */
  #head: CallerResponseHead | undefined;
  /** The head, once the response has begun. */
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

  /** The response has been written completely, or its connection is closed. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.over = true;
    for (const told of this.#told) told.responseClosed();
  }

  last(): void {
    this.isLast = true;
  }

  /** Nothing to do: on the fast path, a body arrives without waiting for `100 Continue`. */
  continue(): void {}

  interim({ status, reason, headers }: InterimHead): void {
    // HTTP/1.0 has no interim responses. A `100 Continue` of the server is dropped, because the gateway did not request it.
    if (!this.#isHttp11 || this.begun || this.over || (status !== 102 && status !== 103)) return;
    let hints = '';
    if (status === 103)
      for (let at = 0; at + 1 < headers.length; at += 2)
        if (headers[at] === 'link') hints += `Link: ${headers[at + 1] ?? ''}\r\n`;
    if (status === 102 || hints !== '')
      this.#connection.socket.write(`HTTP/1.1 ${status} ${reason}\r\n${hints}\r\n`, 'latin1');
  }

  begin(head: CallerResponseHead): void {
    // Checked here, so that an unwritable head is refused before anything is written.
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
    // Without chunks or a length, an orderly close of the connection would mean the end of the body (RFC 9112 section 6.3).
    if ('encrypted' in socket || this.#chunked) socket.destroy();
    else socket.resetAndDestroy();
  }

  /** Whether parts of a body are written at all; known once the head is set. */
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
      // HTTP/1.0 has no chunks: there, the body ends when the connection closes.
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
