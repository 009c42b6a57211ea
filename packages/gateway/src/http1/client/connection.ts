import type { Socket } from 'node:net';
import type { Deadlines, DeadlineOwner } from '../message/deadlines.ts';
import type { Dialer, Reader } from './dial.ts';
import { toFault, type ResponseFault } from './fault.ts';
import type { ClientLimits } from './limits.ts';
import { createBodySink, type BodyOwner } from './body-sink.ts';
import { ActiveRequest, type RequestOwner } from './active-request.ts';
import type { ReadBuffer, ReadBuffers } from '../message/read-buffers.ts';
import type { RequestControl, OutgoingRequest, RequestBody, ResponseHandler } from './request.ts';
import type { ResponseHead } from './response-head.ts';
import { createResponseParser, type ResponseEvents, type ResponseParser } from './response-parser.ts';
import { writeText } from '../message/write-text.ts';

/** A connection that serves one request at a time. */
export interface Connection {
  /** Sends a request as soon as the connection is open; it must not have another one. */
  send(request: OutgoingRequest, head: string, handler: ResponseHandler): RequestControl;
  /** Closes an idle connection. */
  close(): void;
}

export interface ConnectionDeps {
  readonly dialer: Dialer;
  readonly limits: ClientLimits;
  readonly deadlines: Deadlines;
  readonly buffers: ReadBuffers;
  /** The server has sent bytes after a complete response. */
  onUnsolicited(): void;
  /** Ready for another request. */
  onIdle(connection: Connection): void;
  /** Called once; the connection must not be used afterwards. */
  onGone(connection: Connection): void;
}

/** Milliseconds that a body waits for `100 Continue`, as in Go: a server may not send it. */
const continueMs = 1_000;
/** Milliseconds subtracted from the time for which a server announces that it keeps a connection... */
const idleMarginMs = 2_000;
/** ...and the maximum of that time. */
const maxIdleMs = 600_000;

/** @param once serves a single request; only such a request may request another protocol. */
export const openConnection = (deps: ConnectionDeps, once: boolean): Connection =>
  new ServerConnection(deps, once);

/** A class, because there are many instances. */
class ServerConnection implements Connection, Reader, ResponseEvents, DeadlineOwner, RequestOwner, BodyOwner {
  deadline = Infinity;
  readonly #deps: ConnectionDeps;
  readonly #once: boolean;
  readonly #buffer: ReadBuffer;
  readonly #parser: ResponseParser;
  readonly #socket: Socket;
  #job: ActiveRequest | undefined = undefined;
  #isOpen = false;
  #isGone = false;
  #isLent = false;
  /** The body waits for `100 Continue`. */
  #holdsBody = false;
  /** The system has not yet accepted the whole request. */
  #isUnsent = false;

  constructor(deps: ConnectionDeps, once: boolean) {
    this.#deps = deps;
    this.#once = once;
    this.#buffer = deps.buffers.forConnection();
    this.#parser = createResponseParser(deps.limits.maxHeadBytes, this);
    const socket = deps.dialer.dial(once ? undefined : this, () => {
      this.#isOpen = true;
      if (this.#job !== undefined) this.#write(this.#job);
    });
    this.#socket = socket;
    deps.deadlines.add(this);
    this.deadline = deps.deadlines.notBefore(deps.limits.connectMs);
    socket.on('error', this.#onError).on('close', this.#onClose);
    socket.on('end', this.#onSocketEnd).on('drain', this.#onDrain);
    if (once) socket.on('data', this.#onStreamed);
  }

  send(request: OutgoingRequest, head: string, handler: ResponseHandler): RequestControl {
    const job = new ActiveRequest(request, head, handler, this);
    this.#job = job;
    if (this.#isOpen) this.#write(job);
    return job;
  }

  close(): void {
    this.#end();
  }

  #write(job: ActiveRequest): void {
    this.#parser.expect(job.request);
    if (job.body !== undefined) {
      this.#writeWithBody(job, job.body);
      return;
    }
    this.#awaitHead();
    this.#isUnsent = true;
    writeText(this.#socket, job.head, this.#onWritten);
  }

  #writeWithBody(job: ActiveRequest, body: RequestBody): void {
    if (job.request.expectsContinue === true) {
      this.#holdsBody = true;
      this.#socket.write(job.head, 'latin1');
      this.deadline = this.#deps.deadlines.notBefore(continueMs);
    } else this.#startBody(job, body, job.head);
  }

  #startBody(job: ActiveRequest, body: RequestBody, head: string): void {
    const socket = this.#socket;
    this.#holdsBody = false;
    // No time limit while the caller's body arrives; the sink sets one while the server does not accept it.
    this.deadline = Infinity;
    // The part of the body that has already arrived is sent together with the head.
    socket.cork();
    if (head !== '') socket.write(head, 'latin1');
    body.start(createBodySink(job, body.length, socket, this));
    process.nextTick(() => socket.uncork());
  }

  readonly #onWritten = (error?: Error | null): void => {
    this.#isUnsent = false;
    if (error) this.#socket.destroy(error);
  };

  readonly #onDrain = (): void => {
    const job = this.#job;
    if (job === undefined || job.bodySent) return;
    if (!job.hasHead) this.deadline = Infinity;
    job.body?.resume();
  };

  serves(job: ActiveRequest): boolean {
    return this.#job === job;
  }

  onWaiting(job: ActiveRequest): void {
    if (!job.hasHead) this.#awaitHead();
  }

  fail(fault: ResponseFault): void {
    this.#end(fault);
  }

  #awaitHead(): void {
    this.deadline = this.#deps.deadlines.notBefore(this.#deps.limits.headMs);
  }

  #awaitBody(): void {
    this.deadline = this.#deps.deadlines.notBefore(this.#deps.limits.bodyIdleMs);
  }

  buffer(): Buffer | undefined {
    return this.#buffer.next();
  }

  onBytes(length: number, bytes: Buffer): boolean {
    this.#isLent = this.#buffer.lends(length);
    this.#read(length === bytes.length ? bytes : bytes.subarray(0, length));
    return this.#job?.paused !== true;
  }

  readonly #onStreamed = (bytes: Buffer): void => {
    this.#read(bytes);
    if (this.#job?.paused === true) this.#socket.pause();
  };

  #read(bytes: Buffer): void {
    const job = this.#job;
    // Late bytes that arrive too early to be a response may look like the response to the next request. With a body, however, a
    // response may be early.
    const isEarly = this.#isUnsent && job?.request.body === undefined;
    const wrong = isEarly ? 'a response before the request was sent' : this.#parser.feed(bytes);
    if (wrong !== undefined) this.#end({ code: 'response_invalid', reason: wrong });
    if (job === undefined || job !== this.#job) return;
    if (!job.hasHead) return;
    job.paused = !job.handler.onFlush();
    // The connection does not wait for the server now.
    if (job.paused) this.deadline = Infinity;
    else this.#awaitBody();
  }

  onInterim(head: ResponseHead): void {
    const job = this.#job;
    if (this.#holdsBody && head.status === 100 && job?.body !== undefined) {
      this.#startBody(job, job.body, '');
      return;
    }
    if (!this.#holdsBody) this.#awaitHead();
    job?.handler.onInterim(head);
  }

  onHead(head: ResponseHead, repeats: boolean): void {
    const job = this.#job;
    if (job === undefined) return;
    this.#holdsBody = false;
    job.hasHead = true;
    job.idleSeconds = head.idleSeconds;
    this.#awaitBody();
    job.handler.onHead(head, repeats);
  }

  onData(data: Buffer): void {
    this.#job?.handler.onData(data, this.#isLent);
  }

  onUnsolicited(): void {
    this.#deps.onUnsolicited();
  }

  onEnd(trailers: readonly string[], reusable: boolean): void {
    const job = this.#job;
    if (job === undefined) return;
    this.#job = undefined;
    this.#buffer.release();
    if (!job.bodySent) job.body?.stop();
    // Unsent bytes would precede the next request.
    const isSent = job.bodySent && !this.#isUnsent && this.#socket.writableLength === 0;
    if (reusable && isSent && !this.#once) this.#rest(job.idleSeconds);
    else this.#end();
    job.handler.onEnd(trailers);
  }

  onUpgrade(head: ResponseHead, first: Buffer): void {
    const job = this.#job;
    const socket = this.#socket;
    this.#job = undefined;
    this.#leave();
    socket.off('data', this.#onStreamed).off('end', this.#onSocketEnd);
    socket.off('drain', this.#onDrain).off('close', this.#onClose);
    socket.pause();
    if (first.length > 0) socket.unshift(first);
    job?.handler.onUpgrade(head, socket);
    socket.off('error', this.#onError);
  }

  abort(job: ActiveRequest): void {
    if (this.#job === job) this.#end();
  }

  resume(job: ActiveRequest): void {
    if (this.#job !== job || !job.paused) return;
    job.paused = false;
    this.#awaitBody();
    this.#socket.resume();
  }

  onExpired(): void {
    const job = this.#job;
    if (this.#holdsBody && job?.body !== undefined) this.#startBody(job, job.body, '');
    else if (!this.#isOpen) this.#end({ code: 'connect_timeout', reason: 'no connection in time' });
    else if (this.#job?.hasHead === true)
      this.#end({ code: 'body_timeout', reason: 'no further part of the body in time' });
    else this.#end({ code: 'head_timeout', reason: 'no response in time' });
  }

  readonly #onSocketEnd = (): void => {
    const wrong = this.#parser.finish();
    this.#end(wrong === undefined ? undefined : { code: 'connection_lost', reason: wrong });
  };

  readonly #onError = (error: NodeJS.ErrnoException): void =>
    this.#end(toFault(error, this.#isOpen, this.#job?.hasHead ?? false));

  readonly #onClose = (): void => this.#end({ code: 'connection_lost', reason: 'the connection was closed' });

  #rest(idleSeconds: number | undefined): void {
    const { limits, deadlines } = this.#deps;
    const ms =
      idleSeconds === undefined ? limits.idleMs : Math.min(idleSeconds * 1000 - idleMarginMs, maxIdleMs);
    if (ms <= 0) {
      this.#end();
      return;
    }
    this.deadline = deadlines.notAfter(ms);
    this.#deps.onIdle(this);
  }

  /** Closes the connection; without a fault, no handler is called. */
  #end(fault?: ResponseFault): void {
    const job = this.#job;
    this.#job = undefined;
    this.#leave();
    // Sends at least the head, so that the server can notice the aborted request.
    if (this.#isOpen) this.#socket.uncork();
    this.#socket.destroy();
    if (job === undefined) return;
    if (!job.bodySent) job.body?.stop();
    if (fault !== undefined) job.handler.onFault(fault);
  }

  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#parser.stop();
    this.#deps.deadlines.remove(this);
    this.#deps.onGone(this);
  }
}
