import {
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { ResponseFault } from '../../http1/client/fault.ts';
import { isPushed } from '../../http1/client/request-head.ts';
import type { OutgoingRequest, RequestControl, ResponseHandler } from '../../http1/client/request.ts';
import type { DeadlineOwner } from '../../http1/message/deadlines.ts';
import { noTrailers } from '../../http1/message/response-writer.ts';
import { BodyFeed, type BodyListener } from './body-feed.ts';
import { toStreamFault } from './fault.ts';
import { listen, type StreamEvents } from './stream-events.ts';
import type { StreamDeps, StreamOwner } from './stream-owner.ts';
import { readFields, readTrailers } from './response-head.ts';

/** Milliseconds that a body waits for `100 Continue`, as in Go: servers need not send one. */
const continueMs = 1_000;

/** One request and its response. A class, because one is created for each request. */
export class RequestStream implements RequestControl, BodyListener, StreamEvents, DeadlineOwner {
  deadline = Infinity;
  readonly request: OutgoingRequest;
  readonly handler: ResponseHandler;
  readonly #headers: OutgoingHttpHeaders;
  readonly #deps: StreamDeps<RequestStream>;
  readonly #body: BodyFeed | undefined;
  #owner: StreamOwner<RequestStream> | undefined = undefined;
  #stream: ClientHttp2Stream | undefined = undefined;
  /** The request on a connection of another protocol. */
  #moved: RequestControl | undefined = undefined;
  #hasHead = false;
  #isOver = false;
  #isResent = false;
  #isPaused = false;
  #awaitsContinue = false;
  #isFlushing = false;
  /** Bytes that the announced length leaves; Infinity without one. */
  #left = Infinity;
  /** Parts that have arrived in this turn, and those that Node.js delivers before the head. */
  #parts: Buffer[] = [];
  #trailers: readonly string[] = noTrailers;

  constructor(
    request: OutgoingRequest,
    headers: OutgoingHttpHeaders,
    handler: ResponseHandler,
    deps: StreamDeps<RequestStream>,
  ) {
    this.request = request;
    this.handler = handler;
    this.#headers = headers;
    this.#deps = deps;
    this.#body = isPushed(request.body) ? new BodyFeed(request.body, this) : undefined;
  }

  /** Waits for a connection to open. */
  waitFor(owner: StreamOwner<RequestStream>): void {
    this.#owner = owner;
  }

  /** Sends the request on an open connection. */
  begin(session: ClientHttp2Session, owner: StreamOwner<RequestStream>): void {
    const { body } = this.request;
    let stream: ClientHttp2Stream;
    try {
      const options = { endStream: body === undefined, waitForTrailers: this.#body !== undefined };
      stream = session.request(this.#headers, options);
    } catch {
      // Node.js takes no second value of `Content-Type` and the like.
      owner.onClosed(this);
      this.fail({ code: 'request_invalid', reason: 'headers that cannot be written' });
      return;
    }
    this.#stream = stream;
    this.#deps.deadlines.add(this);
    listen(stream, this);
    if (this.#body !== undefined) this.#sendBody(this.#body, stream);
    else {
      if (Buffer.isBuffer(body)) stream.end(body);
      this.#awaitHead();
    }
  }

  /** Hands the request to a connection of another protocol. */
  moveTo(dispatch: (request: OutgoingRequest, handler: ResponseHandler) => RequestControl): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#moved = dispatch(this.request, this.handler);
  }

  /** Ends it without a response. */
  fail(fault: ResponseFault): void {
    if (this.#isOver) return;
    this.#finish();
    this.#reset(
      fault.code === 'response_invalid' ? constants.NGHTTP2_PROTOCOL_ERROR : constants.NGHTTP2_CANCEL,
    );
    this.handler.onFault(fault);
  }

  abort(): void {
    this.#moved?.abort();
    if (this.#isOver) return;
    this.#finish();
    this.#reset(constants.NGHTTP2_CANCEL);
    // One that still waits for a connection does not get one.
    if (this.#stream === undefined) this.#owner?.onClosed(this);
  }

  resume(): void {
    this.#moved?.resume();
    if (this.#isOver || !this.#isPaused) return;
    this.#isPaused = false;
    this.#awaitBody();
    this.#stream?.resume();
  }

  onWaiting(): void {
    if (!this.#hasHead) this.#awaitHead();
  }

  onMismatch(): void {
    this.fail({ code: 'request_invalid', reason: 'a body that is longer or shorter than announced' });
  }

  onExpired(): void {
    if (this.#awaitsContinue && this.#body !== undefined && this.#stream !== undefined)
      this.#startBody(this.#body, this.#stream);
    else {
      const owner = this.#owner;
      this.fail(
        this.#hasHead
          ? { code: 'body_timeout', reason: 'no further part of the body in time' }
          : { code: 'head_timeout', reason: 'no response in time' },
      );
      owner?.onSilence();
    }
  }

  onDrained(): void {
    // The time limit is for the server; now the caller's bytes are awaited.
    if (!this.#hasHead && this.#body?.sent === false) this.deadline = Infinity;
  }

  #sendBody(body: BodyFeed, stream: ClientHttp2Stream): void {
    if (this.request.expectsContinue !== true) {
      this.#startBody(body, stream);
      return;
    }
    this.#awaitsContinue = true;
    this.deadline = this.#deps.deadlines.notBefore(continueMs);
  }

  #startBody(body: BodyFeed, stream: ClientHttp2Stream): void {
    this.#awaitsContinue = false;
    // No time limit while the caller's body arrives.
    this.deadline = Infinity;
    body.attach(stream);
    if (body.sent) this.#awaitHead();
  }

  onInterim(fields: readonly string[]): void {
    const stream = this.#stream;
    if (this.#isOver || stream === undefined) return;
    const head = readFields(fields, this.request.method);
    if (typeof head === 'string' || head.status >= 200) {
      this.#failWith(typeof head === 'string' ? head : 'trailers without the end of the stream');
      return;
    }
    if (this.#awaitsContinue && head.status === 100 && this.#body !== undefined) {
      this.#startBody(this.#body, stream);
      return;
    }
    if (!this.#awaitsContinue && this.deadline !== Infinity) this.#awaitHead();
    this.handler.onInterim(head);
  }

  onHead(fields: readonly string[]): void {
    if (this.#isOver) return;
    this.#owner?.onActivity();
    const head = readFields(fields, this.request.method);
    if (typeof head === 'string' || head.status < 200 || this.#hasHead) {
      this.#failWith(typeof head === 'string' ? head : 'a second head');
      return;
    }
    this.#awaitsContinue = false;
    this.#hasHead = true;
    this.#body?.release();
    if (head.framing === 'length') this.#left = head.length;
    else if (head.framing === 'none') this.#left = 0;
    this.#awaitBody();
    this.handler.onHead(head, false);
    this.#flushLater();
  }

  onData(part: Buffer): void {
    if (this.#isOver) return;
    this.#owner?.onActivity();
    this.#parts.push(part);
    if (this.#hasHead) this.#flushLater();
  }

  /** Passes parts on that arrive together, and flushes in the same turn: the caller's connection may drain before the next one. */
  #flushLater(): void {
    if (this.#isFlushing || this.#isOver) return;
    this.#isFlushing = true;
    setImmediate(() => {
      this.#isFlushing = false;
      if (!this.#deliver()) return;
      this.#isPaused = !this.handler.onFlush();
      if (!this.#isPaused) this.#awaitBody();
      else {
        // The server is not waited for now.
        this.deadline = Infinity;
        this.#stream?.pause();
      }
    });
  }

  /** Passes on the parts that have arrived. @returns whether the request goes on. */
  #deliver(): boolean {
    const parts = this.#parts;
    this.#parts = [];
    for (const part of parts) {
      if (this.#isOver) return false;
      this.#left -= part.length;
      if (this.#left < 0) this.#failWith('a body that is longer than announced');
      else this.handler.onData(part, false);
    }
    return !this.#isOver;
  }

  onTrailers(fields: readonly string[]): void {
    if (this.#isOver) return;
    const trailers = readTrailers(fields);
    if (typeof trailers === 'string') this.#failWith(trailers);
    else this.#trailers = trailers;
  }

  onEnd(isComplete: boolean): void {
    if (this.#isOver || !this.#hasHead || !isComplete || !this.#deliver()) return;
    if (this.#left > 0 && this.#left !== Infinity) {
      this.#failWith('a body that is shorter than announced');
      return;
    }
    this.#finish();
    // The server needs no more of the request (RFC 9113 section 8.1).
    if (this.#body?.sent === false) this.#reset(constants.NGHTTP2_CANCEL);
    this.handler.onEnd(this.#trailers);
  }

  onClose(error: NodeJS.ErrnoException | undefined): void {
    const owner = this.#owner;
    const stream = this.#stream;
    owner?.onClosed(this);
    if (this.#isOver || stream === undefined) return;
    const isUnprocessed =
      stream.rstCode === constants.NGHTTP2_REFUSED_STREAM || owner?.isUnprocessed(stream.id) === true;
    if (isUnprocessed && !this.#hasHead && !this.#isResent && this.#body?.replayable !== false) {
      this.#isResent = true;
      this.#stream = undefined;
      this.#owner = undefined;
      this.#parts = [];
      this.#deps.deadlines.remove(this);
      this.#deps.resend(this);
      return;
    }
    if (this.#hasHead && !this.#deliver()) return;
    this.#finish();
    this.handler.onFault(toStreamFault(stream.rstCode, error));
  }

  readonly #failWith = (reason: string): void => this.fail({ code: 'response_invalid', reason });

  #reset(code: number): void {
    const stream = this.#stream;
    if (stream !== undefined && !stream.destroyed) {
      // Buffered bytes are dropped, so that the stream can close.
      stream.resume();
      stream.close(code);
    }
  }

  #finish(): void {
    this.#isOver = true;
    this.#parts = [];
    this.#deps.deadlines.remove(this);
    this.#body?.stop();
  }

  #awaitHead(): void {
    this.deadline = this.#deps.deadlines.notBefore(this.#deps.limits.headMs);
  }

  #awaitBody(): void {
    this.deadline = this.#deps.deadlines.notBefore(this.#deps.limits.bodyIdleMs);
  }
}
