import type { CallerResponseHead, ResponseWriter } from '../http1/message/response-writer.ts';
import type { Step, StepRequest } from '../middlewares/step.ts';

interface HeaderStep {
  readonly awaitsStart: Step['awaitsStart'];
  readonly onResponse: NonNullable<Step['onResponse']>;
}

/** A step that changes headers, for a response that passes through steps that change bodies. */
export class ChangedHeaders implements ResponseWriter {
  readonly #next: ResponseWriter;
  readonly #step: HeaderStep;
  readonly #request: StepRequest;
  /** Set while it waits for the first part of the body. */
  #head: CallerResponseHead | undefined;

  constructor(next: ResponseWriter, step: HeaderStep, request: StepRequest) {
    this.#next = next;
    this.#step = step;
    this.#request = request;
  }

  begin(head: CallerResponseHead): void {
    const awaits = this.#step.awaitsStart?.(head.headers, head.status, this.#request) === true;
    if (awaits) this.#head = head;
    else this.#begin(head, undefined);
  }

  write(part: Buffer, lent: boolean): boolean {
    this.#start(part);
    return this.#next.write(part, lent);
  }

  flush(): void {
    if (this.#head === undefined) this.#next.flush();
  }

  onceDrained(told: () => void): void {
    this.#next.onceDrained(told);
  }

  end(part: Buffer | undefined, lent: boolean, trailers: readonly string[]): void {
    this.#start(part !== undefined && part.length > 0 ? part : undefined);
    this.#next.end(part, lent, trailers);
  }

  cut(): void {
    this.#next.cut();
  }

  #start(part: Buffer | undefined): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    this.#begin(head, part);
  }

  #begin(head: CallerResponseHead, start: Buffer | undefined): void {
    const headers = this.#step.onResponse(head.headers, head.status, this.#request, start);
    this.#next.begin(headers === head.headers ? head : { ...head, headers, reused: false });
  }
}
