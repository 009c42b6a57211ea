import type { RequestControl, OutgoingRequest, RequestBody, ResponseHandler } from './request.ts';

/** The connection of an active request. */
export interface RequestOwner {
  abort(job: ActiveRequest): void;
  resume(job: ActiveRequest): void;
}

/** One request on its connection. A class, because one is created for each request. */
export class ActiveRequest implements RequestControl {
  readonly request: OutgoingRequest;
  /** The part of the body that is sent after `head`. */
  readonly body: RequestBody | undefined;
  /** With the body, if it is complete. */
  readonly head: string;
  readonly handler: ResponseHandler;
  /** Whether the head of the response has arrived. */
  hasHead = false;
  /** Whether the handler has paused the body. */
  paused = false;
  bodySent: boolean;
  idleSeconds: number | undefined = undefined;
  readonly #jobs: RequestOwner;

  constructor(request: OutgoingRequest, head: string, handler: ResponseHandler, jobs: RequestOwner) {
    const { body } = request;
    this.request = request;
    this.body = Buffer.isBuffer(body) ? undefined : body;
    this.head = Buffer.isBuffer(body) ? head + body.toString('latin1') : head;
    this.handler = handler;
    this.bodySent = this.body === undefined;
    this.#jobs = jobs;
  }

  abort(): void {
    this.#jobs.abort(this);
  }

  resume(): void {
    this.#jobs.resume(this);
  }
}
