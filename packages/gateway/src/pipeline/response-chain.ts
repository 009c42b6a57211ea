import type { CallerResponseHead, ResponseWriter } from '../http1/message/response-writer.ts';
import type { Page, Pages, Step, StepRequest, StepWriter } from '../middlewares/step.ts';
import type { Refusal } from '../middlewares/refusal.ts';
import { ChangedHeaders } from './changed-headers.ts';
import type { CallerResponse, InterimHead, ResponseListener } from '../proxy/caller-response.ts';

/** Called for a response that steps may change. */
export interface ResponseChainListener {
  /** Bytes of a body have been written to the caller. */
  written(bytes: number): void;
  /** The response was aborted before any of it was written. */
  brokenOff(): void;
  /** A step replaces the response with a page. */
  sendPage(page: Page, to: ResponseWriter): void;
  /** A step refuses to forward the response. */
  refuseWith(refusal: Refusal, to: ResponseWriter): void;
}

/**
 * A response on its way through the steps that its request has passed, innermost first, to the caller. If no step of a route
 * changes bodies, responses are written to the caller's connection instead.
 */
export class ResponseChain implements CallerResponse, ResponseListener {
  begun = false;
  status = 0;
  readonly #caller: CallerResponse;
  readonly #first: ResponseWriter;
  readonly #writers: readonly StepWriter[];
  #isEnded = false;

  /** @param first the first writer. @param writers those of steps on its way. */
  constructor(caller: CallerResponse, first: ResponseWriter, writers: readonly StepWriter[] = []) {
    this.#caller = caller;
    this.#first = first;
    this.#writers = writers;
    caller.onClose(this);
  }

  get over(): boolean {
    return this.#isEnded || this.#caller.over;
  }

  /** Headers that the caller receives. */
  get headers(): readonly string[] {
    return this.#caller.headers;
  }

  onClose(told: ResponseListener): void {
    this.#caller.onClose(told);
  }

  last(): void {
    this.#caller.last();
  }

  continue(): void {
    this.#caller.continue();
  }

  interim(head: InterimHead): void {
    this.#caller.interim(head);
  }

  begin(head: CallerResponseHead): void {
    this.begun = true;
    this.status = head.status;
    this.#first.begin(head);
  }

  write(part: Buffer, lent: boolean): boolean {
    return this.#first.write(part, lent);
  }

  flush(): void {
    this.#first.flush();
  }

  onceDrained(told: () => void): void {
    this.#first.onceDrained(told);
  }

  end(part: Buffer | undefined, lent: boolean, trailers: readonly string[]): void {
    if (this.over) return;
    this.#isEnded = true;
    this.#first.end(part, lent, trailers);
  }

  cut(): void {
    if (this.over) return;
    this.#isEnded = true;
    this.#first.cut();
  }

  /** The caller has received its response, or has disconnected. */
  responseClosed(): void {
    this.#isEnded = true;
    for (const writer of this.#writers) writer.closed();
  }
}

const createPages = ({ name }: Step, listener: ResponseChainListener): Pages => ({
  send: (page, to) => listener.sendPage(page, to),
  refuse: (refusal, to) => listener.refuseWith({ ...refusal, middleware: name }, to),
});

/** @param steps passed by the request, outermost first. */
export function createSteppedResponse(
  caller: CallerResponse,
  steps: readonly Step[],
  request: StepRequest,
  listener: ResponseChainListener,
): ResponseChain {
  const writers: StepWriter[] = [];
  let next: ResponseWriter = toWriter(caller, listener);
  for (const step of steps) {
    const { awaitsStart, onResponse } = step;
    if (onResponse !== undefined) next = new ChangedHeaders(next, { awaitsStart, onResponse }, request);
    const writer = step.wrapResponse?.(next, request, createPages(step, listener));
    if (writer === undefined) continue;
    writers.push(writer);
    next = writer;
  }
  return new ResponseChain(caller, next, writers);
}

function toWriter(caller: CallerResponse, listener: ResponseChainListener): ResponseWriter {
  return {
    begin: (head) => caller.begin(head),
    write(part, lent) {
      listener.written(part.length);
      return caller.write(part, lent);
    },
    flush: () => caller.flush(),
    onceDrained: (told) => caller.onceDrained(told),
    end(part, lent, trailers) {
      // Count before writing: writing may end the request.
      listener.written(part?.length ?? 0);
      caller.end(part, lent, trailers);
    },
    cut() {
      if (caller.begun) caller.cut();
      else listener.brokenOff();
    },
  };
}
