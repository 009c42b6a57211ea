import type { ServerHttp2Stream } from 'node:http2';
import type { CallerBody } from '../../http1/message/caller-body.ts';
import type { Deadlines, DeadlineOwner } from '../../http1/message/deadlines.ts';
import { noTrailers } from '../../http1/message/response-writer.ts';

export interface StreamBodyOptions {
  /** `content-length`; 0 without one. */
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
  readonly #stream: ServerHttp2Stream;
  readonly #options: StreamBodyOptions;
  #trailers: readonly string[] = noTrailers;
  #onPart: (part: Buffer) => void = () => {};
  #onEnd: (trailers: readonly string[]) => void = () => {};

  constructor(stream: ServerHttp2Stream, options: StreamBodyOptions) {
    this.#stream = stream;
    this.#options = options;
    stream.once('trailers', (...[, , trailers]: readonly unknown[]) => {
      this.#trailers = trailers as readonly string[];
    });
  }

  get announcedBytes(): number {
    return this.#options.announcedBytes;
  }

  whole(): undefined {
    return undefined;
  }

  read(onPart: (part: Buffer) => void, onEnd: (trailers: readonly string[]) => void): void {
    this.#onPart = onPart;
    this.#onEnd = onEnd;
    // Node.js tells the end of an empty body whether or not it is read.
    if (this.#stream.readableEnded) {
      process.nextTick(this.#onEnded);
      return;
    }
    this.#options.deadlines.add(this);
    this.#await();
    this.#stream.on('data', this.#onData).once('end', this.#onEnded).once('close', this.#release);
  }

  pause(): void {
    this.deadline = Infinity;
    this.#stream.pause();
  }

  resume(): void {
    this.#await();
    this.#stream.resume();
  }

  stop(): void {
    this.#release();
    this.#stream.off('data', this.#onData).off('end', this.#onEnded).pause();
  }

  onExpired(): void {
    this.#options.onLate();
  }

  #await(): void {
    const { deadlines, limitMs } = this.#options;
    this.deadline = deadlines.notBefore(limitMs);
  }

  readonly #onData = (part: Buffer): void => {
    this.takenBytes += part.length;
    this.#options.onBytes(part.length);
    this.#onPart(part);
  };

  readonly #onEnded = (): void => {
    this.#release();
    this.#onEnd(this.#trailers);
  };

  readonly #release = (): void => this.#options.deadlines.remove(this);
}
