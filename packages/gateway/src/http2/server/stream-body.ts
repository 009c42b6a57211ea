import type { CallerBody } from '../../http1/message/caller-body.ts';
import type { Deadlines, DeadlineOwner } from '../../http1/message/deadlines.ts';
import type { Http2Stream } from '../endpoint/stream.ts';

export interface StreamBodyOptions {
  /** Bytes of the whole body, if it has arrived; otherwise `content-length`, or 0 without one. */
  readonly announcedBytes: number;
  readonly deadlines: Deadlines;
  /** Milliseconds for the rest of the body, whenever it is awaited; 0: no limit. */
  readonly limitMs: number;
  /** Called with the size of each part. */
  onBytes(count: number): void;
  /** Called when the body is late. */
  onLate(): void;
}

/** The body of a request on a stream. Unread parts stay in the flow-control window. A class, because there are many of them. */
export class StreamBody implements CallerBody, DeadlineOwner {
  deadline = Infinity;
  takenBytes = 0;
  readonly #stream: Http2Stream;
  readonly #options: StreamBodyOptions;
  #isEnded = false;
  #onPart: ((part: Buffer) => void) | undefined = undefined;
  #onEnd: (trailers: readonly string[]) => void = () => {};

  constructor(stream: Http2Stream, options: StreamBodyOptions) {
    this.#stream = stream;
    this.#options = options;
  }

  get announcedBytes(): number {
    return this.#options.announcedBytes;
  }

  whole(): Buffer | undefined {
    const body = this.#stream.takeWhole();
    if (body === undefined) return undefined;
    this.takenBytes = body.length;
    this.#options.onBytes(body.length);
    return body;
  }

  read(onPart: (part: Buffer) => void, onEnd: (trailers: readonly string[]) => void): void {
    this.#onPart = onPart;
    this.#onEnd = onEnd;
    this.#options.deadlines.add(this);
    this.#await();
    // The caller of this gets nothing before it returns.
    process.nextTick(() => {
      if (this.#onPart === onPart) this.#stream.resume();
    });
  }

  pause(): void {
    this.deadline = Infinity;
    this.#stream.pause();
  }

  resume(): void {
    if (this.#onPart === undefined) return;
    this.#await();
    this.#stream.resume();
  }

  stop(): void {
    this.close();
    this.#onPart = undefined;
    this.#stream.pause();
  }

  /** A part has arrived. */
  take(part: Buffer): void {
    this.takenBytes += part.length;
    this.#options.onBytes(part.length);
    this.#onPart?.(part);
  }

  /** The last part has arrived. */
  end(trailers: readonly string[]): void {
    this.close();
    if (this.#isEnded || this.#onPart === undefined) return;
    this.#isEnded = true;
    this.#onEnd(trailers);
  }

  /** Its stream has ended. */
  close(): void {
    this.#options.deadlines.remove(this);
  }

  onExpired(): void {
    this.#options.onLate();
  }

  #await(): void {
    const { deadlines, limitMs } = this.#options;
    this.deadline = deadlines.notBefore(limitMs);
  }
}
