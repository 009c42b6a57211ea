import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { Socket } from 'node:net';
import type { ResponseFault, ResponseFaultCode } from '../http1/client/fault.ts';
import type { RequestControl, ResponseHandler } from '../http1/client/request.ts';
import type { ResponseHead } from '../http1/client/response-head.ts';
import { noTrailers } from '../http1/message/response-writer.ts';
import type { StepChanges } from '../middlewares/step-changes.ts';
import type { Destination } from '../upstream/upstream.ts';
import type { OriginHead, ResponseListener } from './caller-response.ts';
import type { IncomingRequest } from './incoming-request.ts';
import { refusesToken } from './bearer-challenge.ts';
import { faultStatus, upstreamFaults, type UpstreamFault } from './fault.ts';
import { delayHead, bufferResponse, type BodyReceiver } from './buffered-response.ts';
import { toReplay, toRequestBody, type StreamingBody } from './request-body.ts';
import type { UpstreamHead } from './request-headers.ts';
import { toCallerHeaders, type HeaderChanges, type ToCallerHead } from './response-headers.ts';
import type { RetryRequest, ServerAttempt } from './retry.ts';
import { toCallerTrailers } from './trailers.ts';
import { joinSockets } from './upgrade.ts';

/** A request to forward. */
export interface ForwardRequest {
  readonly incoming: IncomingRequest;
  /** Another one when the request is repeated. */
  destination: Destination;
  /** Path and query. */
  readonly target: string;
  readonly head: UpstreamHead;
  readonly toCallerHead: ToCallerHead;
  /** Changes of the request's headers; its trailers must not forge them. */
  readonly changes: StepChanges;
  /** Undefined: the headers of the response are forwarded unchanged. */
  readonly headerChanges: HeaderChanges | undefined;
  readonly listener: ForwardListener;
  /**
   * Builds the request's head with another token, after the server has refused the current one; undefined when there is no other
   * token. Without it, a response that refuses the token goes to the caller.
   */
  readonly renewHead: ((destination: Destination) => MaybePromise<UpstreamHead | undefined>) | undefined;
  /** Repeats the request at a server, if a middleware requires it. Undefined: its outcome goes to the caller. */
  readonly retry: RetryRequest | undefined;
}

/** Observes a forwarded request. */
export interface ForwardListener {
  /** The head of the response has arrived; it has not been written to the caller yet. */
  responseStarted(head: OriginHead): void;
  /** A part of the response's body has arrived. */
  bodyForwarded(bytes: number): void;
  /** The response is incomplete. Called before the consequence. @param reason in words, for the log. */
  responseInterrupted(reason: string): void;
  /** No response arrived; nothing has been written to the caller. */
  failed(fault: UpstreamFault): void;
}

/** Sends a request to the server of its destination and streams the response back; neither body is buffered. */
export function forward(job: ForwardRequest): void {
  const { head, incoming } = job;
  if (head.headers === undefined) {
    job.listener.failed('request_invalid');
    return;
  }
  const relay = new ResponseRelay(job);
  relay.send(head, head.hasBody ? toRequestBody(job, () => relay.refuseBody()) : undefined);
  incoming.response.onClose(relay);
}

/** Relays one response to the caller. A class, because one is created per request. */
class ResponseRelay implements ResponseHandler, ResponseListener {
  readonly #job: ForwardRequest;
  /** Undefined until the request is dispatched. */
  #call: RequestControl | undefined = undefined;
  #body: StreamingBody | Buffer | undefined = undefined;
  /** A response that refuses the token, while another token is requested, or a head that waits for its body. */
  #held: BodyReceiver | undefined = undefined;
  #renewed = false;
  #over = false;
  /** Called with the outcome of the request, if the choice of a server depends on it. */
  #outcome: ((status: number) => void) | undefined = undefined;
  #hasHead = false;
  /** The last part of the body: written together with the end if that follows at once. */
  #part: Buffer | undefined = undefined;
  #lent = false;
  #flushed = false;
  #full = false;

  constructor(job: ForwardRequest) {
    this.#job = job;
  }

  send(head: UpstreamHead, body: StreamingBody | Buffer | undefined): void {
    const { incoming, destination, target } = this.#job;
    this.#body = body;
    this.#outcome = destination.sent?.();
    this.#call = destination.server.connections.dispatch(
      {
        method: incoming.facts.method,
        target: destination.server.basePath + target,
        headers: head.headers ?? [],
        body,
        upgrade: incoming.upgrade?.protocol,
        expectsContinue: incoming.expectsContinue,
      },
      this,
    );
  }

  /** The caller has received its response, or has disconnected. */
  responseClosed(): void {
    if (!this.#over) this.#call?.abort();
  }

  refuseBody(): void {
    const { listener, incoming } = this.#job;
    const { response } = incoming;
    this.#over = true;
    this.#call?.abort();
    if (response.begun) response.cut();
    else listener.failed('request_too_large');
  }

  onInterim(head: ResponseHead): void {
    this.#job.incoming.response.interim(head);
  }

  onHead(head: ResponseHead, repeats: boolean): void {
    const { headerChanges, listener, incoming } = this.#job;
    if (incoming.response.begun) {
      // The request was refused meanwhile, because its body was late or malformed.
      this.#call?.abort();
      return;
    }
    this.#tellOutcome(head.status);
    if (head.status === 401 && this.#replaces(head, repeats)) return;
    if (this.#retries(head.status, undefined)) return;
    this.#hasHead = true;
    listener.responseStarted(head);
    if (headerChanges?.awaitsStart(head.headers, head.status) === true) this.#hold(head, repeats);
    else this.#begin(head, repeats, undefined);
  }

  /** Makes the head wait for its body. Separate from the common case, which should not pay for a closure. */
  #hold(head: ResponseHead, repeats: boolean): void {
    this.#held = delayHead((start) => {
      this.#held = undefined;
      this.#begin(head, repeats, start);
      return this;
    });
  }

  #begin(head: ResponseHead, repeats: boolean, start: Buffer | undefined): void {
    const { headerChanges, incoming, destination, toCallerHead } = this.#job;
    incoming.response.begin(toCallerHead(head, repeats, destination.setCookies, headerChanges, start));
  }

  onData(data: Buffer, lent: boolean): void {
    if (this.#held !== undefined) {
      this.#held.onData(data, lent);
      return;
    }
    this.#job.listener.bodyForwarded(data.length);
    this.#writePart();
    this.#part = data;
    this.#lent = lent;
  }

  onFlush(): boolean {
    if (this.#held !== undefined) return this.#held.onFlush();
    const { response } = this.#job.incoming;
    this.#writePart();
    // For event streams and other slow bodies, the head must not wait for the first byte.
    if (!this.#flushed) response.flush();
    this.#flushed = true;
    if (!this.#full) return true;
    this.#full = false;
    response.onceDrained(() => this.#call?.resume());
    return false;
  }

  onEnd(trailers: readonly string[]): void {
    if (this.#held !== undefined) {
      this.#held.onEnd(trailers);
      return;
    }
    this.#over = true;
    this.#job.incoming.response.end(
      this.#part,
      this.#lent,
      trailers.length === 0 ? noTrailers : toCallerTrailers(trailers),
    );
  }

  onUpgrade(head: ResponseHead, socket: Socket): void {
    const { headerChanges, listener, incoming, destination } = this.#job;
    const { response, upgrade } = incoming;
    this.#over = true;
    if (upgrade === undefined || response.over) {
      socket.destroy();
      return;
    }
    this.#tellOutcome(head.status);
    listener.responseStarted(head);
    const headers = toCallerHeaders(head, destination.setCookies);
    joinSockets(upgrade, socket, headerChanges?.change(headers, head.status, undefined) ?? headers, (bytes) =>
      listener.bodyForwarded(bytes),
    );
  }

  onFault(fault: ResponseFault): void {
    if (this.#held !== undefined) {
      this.#held.onFault(fault);
      return;
    }
    const refused = upstreamFaults[fault.code];
    // A fault of the caller says nothing about the server.
    if (!this.#hasHead && fault.code !== 'request_invalid') this.#tellOutcome(faultStatus[refused]);
    if (!this.#hasHead && this.#retries(faultStatus[refused], fault.code)) return;
    this.#over = true;
    this.#job.listener.responseInterrupted(fault.reason);
    if (this.#hasHead) this.#job.incoming.response.cut();
    else this.#job.listener.failed(refused);
  }

  #tellOutcome(status: number): void {
    const outcome = this.#outcome;
    this.#outcome = undefined;
    outcome?.(status);
  }

  /** Whether a response that refuses the token is withheld from the caller while another token is tried. */
  #replaces(head: ResponseHead, repeats: boolean): boolean {
    const { renewHead } = this.#job;
    if (renewHead === undefined || this.#renewed || !refusesToken(head)) return false;
    this.#renewed = true;
    const renewed = renewHead(this.#job.destination);
    // Request a new token even if this request cannot be repeated: the next one needs it.
    if (!this.#isReplayable()) return false;
    if (!(renewed instanceof Promise)) return renewed !== undefined && this.#sendAgain(renewed);
    const held = bufferResponse(head, repeats);
    this.#held = held;
    void renewed.then((late) => {
      this.#held = undefined;
      if (this.#job.incoming.response.over || this.#job.incoming.response.begun || this.#over)
        this.#call?.abort();
      else if (late === undefined || !this.#sendAgain(late)) {
        if (held.release(this) && !held.complete) this.#call?.resume();
      }
    });
    return true;
  }

  /** Whether the outcome does not go to the caller, because the request is repeated. */
  #retries(status: number, fault: ResponseFaultCode | undefined): boolean {
    const { retry } = this.#job;
    return retry !== undefined && fault !== 'request_invalid' && this.#retriesWith(retry, { status, fault });
  }

  #retriesWith(retry: RetryRequest, attempt: ServerAttempt): boolean {
    const { incoming, listener } = this.#job;
    if (incoming.response.over || incoming.response.begun || !this.#isReplayable()) return false;
    const isSentAgain = retry(attempt, (destination, head) => {
      this.#job.destination = destination;
      if (!this.#sendAgain(head)) listener.failed('request_invalid');
    });
    // The rest of the response is not needed.
    if (isSentAgain) this.#call?.abort();
    return isSentAgain;
  }

  #isReplayable(): boolean {
    return this.#body === undefined || Buffer.isBuffer(this.#body) || toReplay(this.#body) !== undefined;
  }

  #sendAgain(head: UpstreamHead): boolean {
    if (head.headers === undefined) return false;
    this.#call?.abort();
    this.send(head, Buffer.isBuffer(this.#body) ? this.#body : this.#body && toReplay(this.#body));
    return true;
  }

  #writePart(): void {
    if (this.#part === undefined) return;
    this.#flushed = true;
    if (!this.#job.incoming.response.write(this.#part, this.#lent)) this.#full = true;
    this.#part = undefined;
  }
}
