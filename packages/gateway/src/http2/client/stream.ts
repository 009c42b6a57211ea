import type { ResponseFault } from '../../http1/client/fault.ts';
import { isPushed } from '../../http1/client/request-head.ts';
import type { OutgoingRequest, RequestControl, ResponseHandler } from '../../http1/client/request.ts';
import type { ResponseHead } from '../../http1/client/response-head.ts';
import type { DeadlineOwner } from '../../http1/message/deadlines.ts';
import { noTrailers } from '../../http1/message/response-writer.ts';
import type { Http2Stream } from '../endpoint/stream.ts';
import type { Http2StreamListener, StreamEnd } from '../endpoint/stream-listener.ts';
import { errorCodes } from '../frames/error-code.ts';
import { BodyFeed, type BodyListener } from './body-feed.ts';
import { toStreamFault } from './fault.ts';
import type { StreamDeps, StreamOwner } from './stream-owner.ts';
import { readTrailers } from './response-head.ts';

/** Milliseconds that a body waits for `100 Continue`, as in Go: servers need not send one. */
const continueMs = 1_000;

/** One request and its response. A class, because one is created for each request. */
export class RequestStream implements RequestControl, BodyListener, Http2StreamListener, DeadlineOwner {
  deadline = Infinity;
  readonly request: OutgoingRequest;
  readonly handler: ResponseHandler;
  readonly #fields: readonly string[];
  readonly #deps: StreamDeps<RequestStream>;
  readonly #body: BodyFeed | undefined;
  #owner: StreamOwner<RequestStream> | undefined = undefined;
  #stream: Http2Stream | undefined = undefined;
  /** The request on a connection of another protocol. */
  #moved: RequestControl | undefined = undefined;
  #lastHead: ResponseHead | undefined = undefined;
  #isOver = false;
  #isResent = false;
  #isPaused = false;
  #awaitsContinue = false;
  /** Bytes that the announced length leaves; Infinity without one. */
  #left = Infinity;

  /** @param fields of the head, name and value in turn. */
  constructor(
    request: OutgoingRequest,
    fields: readonly string[],
    handler: ResponseHandler,
    deps: StreamDeps<RequestStream>,
  ) {
    this.request = request;
    this.handler = handler;
    this.#fields = fields;
    this.#deps = deps;
    this.#body = isPushed(request.body) ? new BodyFeed(request.body, this) : undefined;
  }

  /** Its number on its connection; undefined before it is sent. */
  get id(): number | undefined {
    return this.#stream?.id;
  }

  /** Waits for a connection to open. */
  waitFor(owner: StreamOwner<RequestStream>): void {
    this.#owner = owner;
  }

  /** Sends the request on an open connection. */
  begin(owner: StreamOwner<RequestStream>): void {
    const { body } = this.request;
    const stream = owner.open(this.#fields, body === undefined);
    this.#stream = stream;
    stream.listener = this;
    stream.resume();
    this.#deps.deadlines.add(this);
    if (this.#body !== undefined) this.#sendBody(this.#body);
    else {
      if (Buffer.isBuffer(body)) stream.end(body, true, noTrailers);
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
    this.#stream?.reset(fault.code === 'response_invalid' ? errorCodes.protocolError : errorCodes.cancel);
    this.handler.onFault(fault);
  }

  /** Its connection is lost. @param isUnseen whether the server has said that it did not act on the stream. */
  lose(fault: ResponseFault, isUnseen: boolean): void {
    if (this.#isOver || (isUnseen && this.#resend())) return;
    this.#finish();
    this.handler.onFault(fault);
  }

  abort(): void {
    this.#moved?.abort();
    if (this.#isOver) return;
    this.#finish();
    // One that still waits for a connection does not get one.
    if (this.#stream === undefined) this.#owner?.onStreamEnd(this);
    else this.#stream.reset(errorCodes.cancel);
  }

  resume(): void {
    this.#moved?.resume();
    if (this.#isOver || !this.#isPaused) return;
    this.#isPaused = false;
    this.#awaitBody();
    this.#stream?.resume();
  }

  onWaiting(): void {
    if (this.#lastHead === undefined) this.#awaitHead();
  }

  onMismatch(): void {
    this.fail({ code: 'request_invalid', reason: 'a body that is longer or shorter than announced' });
  }

  onExpired(): void {
    if (this.#awaitsContinue && this.#body !== undefined) {
      this.#startBody(this.#body);
      return;
    }
    const owner = this.#owner;
    this.fail(
      this.#lastHead === undefined
        ? { code: 'head_timeout', reason: 'no response in time' }
        : { code: 'body_timeout', reason: 'no further part of the body in time' },
    );
    owner?.onSilence();
  }

  onDrained(): void {
    // The time limit is for the server; now the caller's bytes are awaited.
    if (this.#lastHead === undefined && this.#body?.sent === false) this.deadline = Infinity;
    this.#body?.onDrained();
  }

  onFields(fields: readonly string[], endsStream: boolean): void {
    if (this.#isOver) return;
    this.#owner?.onActivity();
    const head = this.#owner?.readHead(fields, this.request.method) ?? 'a stream without a connection';
    if (typeof head === 'string') this.#failWith(head);
    else if (this.#lastHead !== undefined) this.#failWith('a second head');
    else if (head.status >= 200) this.#takeHead(head);
    else if (endsStream) this.#failWith('an interim response that ends the stream');
    else this.#takeInterim(head);
  }

  onData(part: Buffer, lent: boolean): void {
    if (this.#isOver) return;
    this.#owner?.onActivity();
    this.#left -= part.length;
    if (this.#lastHead === undefined) this.#failWith('a body without a head');
    else if (this.#left < 0) this.#failWith('a body that is longer than announced');
    else this.handler.onData(part, lent);
  }

  onFlush(): void {
    if (this.#isOver || this.#lastHead === undefined || this.#isPaused) return;
    this.#isPaused = !this.handler.onFlush();
    if (!this.#isPaused) this.#awaitBody();
    else {
      // The server is not waited for now.
      this.deadline = Infinity;
      this.#stream?.pause();
    }
  }

  onEnd(trailers: readonly string[]): void {
    if (this.#isOver) return;
    const received = readTrailers(trailers);
    if (this.#lastHead === undefined) this.#failWith('an end without a head');
    else if (typeof received === 'string') this.#failWith(received);
    else if (this.#left > 0 && this.#left !== Infinity)
      this.#failWith('a body that is shorter than announced');
    else {
      const isWaiting = this.#body?.sent === false;
      this.#finish();
      // The server needs no more of the request (RFC 9113 section 8.1).
      if (isWaiting) this.#stream?.reset(errorCodes.cancel);
      this.handler.onEnd(received);
    }
  }

  onClosed(code: number | undefined, by: StreamEnd): void {
    const owner = this.#owner;
    // The connection tells why it is closed.
    if (by === 'connection') return;
    owner?.onStreamEnd(this);
    if (this.#isOver || code === undefined) return;
    if (code === errorCodes.refusedStream && this.#resend()) return;
    this.#finish();
    this.handler.onFault(toStreamFault(code, by === 'self'));
  }

  /** Sends it on another connection, once. @returns false when that is not possible. */
  #resend(): boolean {
    if (this.#lastHead !== undefined || this.#isResent || this.#body?.replayable === false) return false;
    this.#isResent = true;
    this.#stream = undefined;
    this.#owner = undefined;
    this.#deps.deadlines.remove(this);
    this.#deps.resend(this);
    return true;
  }

  #sendBody(body: BodyFeed): void {
    if (this.request.expectsContinue !== true) {
      this.#startBody(body);
      return;
    }
    this.#awaitsContinue = true;
    this.deadline = this.#deps.deadlines.notBefore(continueMs);
  }

  #startBody(body: BodyFeed): void {
    this.#awaitsContinue = false;
    // No time limit while the caller's body arrives.
    this.deadline = Infinity;
    if (this.#stream !== undefined) body.attach(this.#stream);
    if (body.sent && this.#lastHead === undefined && !this.#isOver) this.#awaitHead();
  }

  #takeInterim(head: ResponseHead): void {
    if (this.#awaitsContinue && head.status === 100 && this.#body !== undefined) {
      this.#startBody(this.#body);
      return;
    }
    if (!this.#awaitsContinue && this.deadline !== Infinity) this.#awaitHead();
    this.handler.onInterim(head);
  }

  #takeHead(head: ResponseHead): void {
    this.#awaitsContinue = false;
    this.#lastHead = head;
    this.#body?.release();
    if (head.framing === 'length') this.#left = head.length;
    else if (head.framing === 'none') this.#left = 0;
    this.#awaitBody();
    this.handler.onHead(head, this.#owner?.repeatsHead === true);
  }

  #failWith(reason: string): void {
    this.fail({ code: 'response_invalid', reason });
  }

  #finish(): void {
    this.#isOver = true;
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
