import type { CallerResponseHead, ResponseWriter } from '../../http1/message/response-writer.ts';
import { replaceHeaders } from '../../http1/message/header-list.ts';
import type { StepWriter } from '../step.ts';
import { Spool } from './spool.ts';

export interface ResponseLimits {
  /** Maximum bytes of a body; 0: no limit. */
  readonly maxBytes: number;
  /** Maximum bytes of it in memory. */
  readonly maxMemoryBytes: number;
}

/** Keeps a response until it is complete, and passes it on with its length. */
export class ResponseBuffer implements StepWriter {
  readonly #next: ResponseWriter;
  readonly #limits: ResponseLimits;
  readonly #refuse: () => void;
  readonly #spool: Spool;
  #head: CallerResponseHead | undefined;
  /** Bytes of the part in the file. */
  #pending: Promise<void> | undefined;
  #isOver = false;
  #size = 0;

  /** @param refuse writes another response, because this one is too large or cannot be stored. */
  constructor(next: ResponseWriter, limits: ResponseLimits, refuse: () => void) {
    this.#next = next;
    this.#limits = limits;
    this.#refuse = refuse;
    this.#spool = new Spool(limits.maxMemoryBytes);
  }

  begin(head: CallerResponseHead): void {
    this.#head = head;
  }

  write(part: Buffer, lent: boolean): boolean {
    if (this.#isOver) return true;
    const { maxBytes } = this.#limits;
    this.#size += part.length;
    if (maxBytes > 0 && this.#size > maxBytes) {
      this.#fail();
      return true;
    }
    const own = lent ? Buffer.from(part) : part;
    // Several parts may arrive before the first is stored.
    const taken =
      this.#pending === undefined
        ? this.#spool.append(own)
        : this.#pending.then(() => this.#spool.append(own));
    if (taken === undefined) return true;
    const pending = taken.catch(() => this.#fail());
    this.#pending = pending;
    return false;
  }

  /** Nothing is sent before the response is complete. */
  flush(): void {}

  onceDrained(told: () => void): void {
    if (this.#pending === undefined) process.nextTick(told);
    else void this.#pending.then(told);
  }

  end(part: Buffer | undefined, lent: boolean, trailers: readonly string[]): void {
    if (part !== undefined) this.write(part, lent);
    void (this.#pending ?? Promise.resolve()).then(() => this.#passOn(trailers)).catch(() => this.cut());
  }

  cut(): void {
    if (this.#isOver) return;
    this.closed();
    this.#next.cut();
  }

  closed(): void {
    this.#isOver = true;
    this.#spool.close();
  }

  #fail(): void {
    if (this.#isOver) return;
    this.closed();
    this.#refuse();
  }

  async #passOn(trailers: readonly string[]): Promise<void> {
    const head = this.#head;
    // The response may end during any wait.
    const isOver = (): boolean => this.#isOver;
    if (isOver() || head === undefined) return;
    this.#next.begin(withLength(head, this.#size, trailers));
    await this.#spool.read((part) => {
      if (isOver() || this.#next.write(part, false)) return undefined;
      return new Promise((resolve) => this.#next.onceDrained(resolve));
    });
    if (isOver()) return;
    this.closed();
    this.#next.end(undefined, false, trailers);
  }
}

/** Announces the length of a body that had none; for a response without a body, the head's own length stays. */
function withLength(
  head: CallerResponseHead,
  length: number,
  trailers: readonly string[],
): CallerResponseHead {
  const { status, headers } = head;
  if (length === 0 || trailers.length > 0 || status === 204 || status === 304) return head;
  const named = new Set(['content-length']);
  return {
    ...head,
    headers: replaceHeaders(headers, named, ['Content-Length', String(length)]),
    reused: false,
  };
}
