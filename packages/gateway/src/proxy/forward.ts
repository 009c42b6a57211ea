import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Fault } from '../http1/fault.ts';
import type { Call, RequestBody, ResponseHandler } from '../http1/request.ts';
import type { ResponseHead } from '../http1/response-head.ts';
import type { Picked } from '../upstream/upstream.ts';
import type { Answer, Closing } from './answer.ts';
import type { CallerBody } from './caller-body.ts';
import { upstreamFaults, type UpstreamFault } from './fault.ts';
import { createRequestBody } from './request-body.ts';
import type { UpstreamHead } from './request-headers.ts';
import { toCallerHeaders, type ToAnswerHead } from './response-headers.ts';
import { joinSockets } from './upgrade.ts';

/** One request on its way to a server. */
export interface Forwarding {
  readonly method: string;
  readonly body: CallerBody;
  readonly answer: Answer;
  readonly picked: Picked;
  /** Path and query. */
  readonly target: string;
  readonly head: UpstreamHead;
  readonly toAnswerHead: ToAnswerHead;
  /** Bytes; 0: no limit. */
  readonly maxBodyBytes: number;
  /** The caller waits for `100 Continue` before it sends its body (RFC 9110 section 10.1.1). */
  readonly expectsContinue: boolean;
  /** The caller's connection when it asks for WebSocket; undefined otherwise. */
  readonly upgrade: { readonly socket: Duplex; readonly head: Buffer } | undefined;
  readonly follower: Follower;
}

/** Told what becomes of it. */
export interface Follower {
  /** The head of the answer is here, and not yet passed on. */
  answered(status: number): void;
  /** A part of the answer's body is here. */
  passedOn(bytes: number): void;
  /** Why the server's answer is not complete, in words for the log; before what comes of it. */
  broken(reason: string): void;
  /** No answer came; nothing has been written to the caller. */
  failed(fault: UpstreamFault): void;
}

/** Sends a request to the picked server and streams the answer back, neither of them held in memory. */
export function forward(job: Forwarding): void {
  const { picked, answer, head, upgrade } = job;
  if (head.headers === undefined) {
    job.follower.failed('request_invalid');
    return;
  }
  const relay = new Relay(job);
  relay.call = picked.server.connections.dispatch(
    {
      method: job.method,
      target: picked.server.basePath + job.target,
      headers: head.headers,
      body: head.hasBody ? toRequestBody(job, relay) : undefined,
      upgrade: upgrade === undefined ? undefined : 'websocket',
    },
    relay,
  );
  answer.onClose(relay);
}

function toRequestBody(job: Forwarding, relay: Relay): RequestBody | Buffer {
  // How long it is has been looked at: it is as long as announced.
  const whole = job.body.whole();
  if (whole !== undefined) return whole;
  return createRequestBody(job.body, {
    length: job.head.bodyLength,
    maxBytes: job.maxBodyBytes,
    onWanted() {
      if (job.expectsContinue) job.answer.continue();
    },
    onTooLarge: () => relay.refuseBody(),
  });
}

/** Passes one answer on. A class, because one is made for every request. */
class Relay implements ResponseHandler, Closing {
  /** Set when the request has been dispatched; what ends it before that needs none. */
  call: Call | undefined = undefined;
  readonly #job: Forwarding;
  #over = false;
  #answered = false;
  /** The last part of the body that has come, on which the end may follow. */
  #part: Buffer | undefined = undefined;
  #lent = false;
  #flushed = false;
  #full = false;

  constructor(job: Forwarding) {
    this.#job = job;
  }

  /** The caller has its answer, or has gone away. */
  answerClosed(): void {
    if (!this.#over) this.call?.abort();
  }

  refuseBody(): void {
    const { answer, follower } = this.#job;
    this.#over = true;
    this.call?.abort();
    if (answer.begun) answer.cut();
    else follower.failed('request_too_large');
  }

  onInterim(head: ResponseHead): void {
    this.#job.answer.interim(head);
  }

  onHead(head: ResponseHead, repeats: boolean): void {
    const { answer, follower, picked, toAnswerHead } = this.#job;
    if (answer.begun) {
      // Refused meanwhile: its body did not arrive in time, or not as a body does.
      this.call?.abort();
      return;
    }
    this.#answered = true;
    follower.answered(head.status);
    answer.begin(toAnswerHead(head, repeats, picked.setCookie));
  }

  onData(data: Buffer, lent: boolean): void {
    this.#job.follower.passedOn(data.length);
    this.#writePart();
    this.#part = data;
    this.#lent = lent;
  }

  onFlush(): boolean {
    const { answer } = this.#job;
    this.#writePart();
    // Event streams and other slow bodies: the head must not wait for the first byte.
    if (!this.#flushed) answer.flush();
    this.#flushed = true;
    if (!this.#full) return true;
    this.#full = false;
    answer.onceDrained(() => this.call?.resume());
    return false;
  }

  onEnd(trailers: readonly string[]): void {
    this.#over = true;
    this.#job.answer.end(this.#part, this.#lent, trailers);
  }

  onUpgrade(head: ResponseHead, socket: Socket): void {
    const { answer, follower, picked, upgrade } = this.#job;
    this.#over = true;
    if (upgrade === undefined || answer.over) {
      socket.destroy();
      return;
    }
    follower.answered(head.status);
    joinSockets(upgrade, socket, toCallerHeaders(head, picked.setCookie), (bytes) =>
      follower.passedOn(bytes),
    );
  }

  onFault(fault: Fault): void {
    this.#over = true;
    this.#job.follower.broken(fault.reason);
    if (this.#answered) this.#job.answer.cut();
    else this.#job.follower.failed(upstreamFaults[fault.code]);
  }

  #writePart(): void {
    if (this.#part === undefined) return;
    this.#flushed = true;
    if (!this.#job.answer.write(this.#part, this.#lent)) this.#full = true;
    this.#part = undefined;
  }
}
