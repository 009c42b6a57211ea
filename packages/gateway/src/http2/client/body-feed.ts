import type { BodySink, RequestBody } from '../../http1/client/request.ts';
import type { Http2Stream } from '../endpoint/stream.ts';
import { toTrailerFields } from './request-fields.ts';

/** Bytes of a body that are kept until the server responds, so that a stream that it refused unseen is sent again. */
const maxKeptBytes = 64 * 1024;

/** The stream that a body is written to, and what follows from writing. */
export interface BodyListener {
  /** The server does not take more for now, or has got all of it. */
  onWaiting(): void;
  /** The body differs from its announced length. */
  onMismatch(): void;
}

/**
 * A streamed body on its way to one server, of which a short beginning is kept. A second stream gets that beginning first.
 */
export class BodyFeed implements BodySink {
  readonly #body: RequestBody;
  readonly #listener: BodyListener;
  #stream: Http2Stream | undefined = undefined;
  /** Undefined once it is too long, or of no use. */
  #kept: Buffer[] | undefined = [];
  #keptBytes = 0;
  #left: number;
  #isStarted = false;
  #isStopped = false;
  #trailers: readonly string[] | undefined = undefined;

  constructor(body: RequestBody, listener: BodyListener) {
    this.#body = body;
    this.#listener = listener;
    this.#left = body.length ?? Infinity;
  }

  /** Whether the whole body has been written. */
  get sent(): boolean {
    return this.#trailers !== undefined;
  }

  /** Whether another stream can get all of it. */
  get replayable(): boolean {
    return !this.#isStopped && this.#kept !== undefined;
  }

  /** Writes the body to a stream from its beginning. */
  attach(stream: Http2Stream): void {
    this.#stream = stream;
    for (const part of this.#kept ?? []) stream.write(part, true);
    if (this.#trailers !== undefined) this.#end(this.#trailers);
    else if (this.#isStarted) this.#body.resume();
    else {
      this.#isStarted = true;
      this.#body.start(this);
    }
  }

  /** The stream takes more. */
  onDrained(): void {
    if (!this.#isStopped && this.#trailers === undefined) this.#body.resume();
  }

  /** No other stream gets the body any more. */
  release(): void {
    this.#kept = undefined;
  }

  stop(): void {
    if (this.#isStopped || this.#trailers !== undefined) return;
    this.#isStopped = true;
    this.#kept = undefined;
    this.#body.stop();
  }

  write(part: Buffer): boolean {
    const stream = this.#stream;
    if (this.#isStopped || stream === undefined) return false;
    if (part.length === 0) return true;
    this.#left -= part.length;
    if (this.#left < 0) {
      this.#listener.onMismatch();
      return false;
    }
    const kept = this.#keep(part);
    if (stream.isClosed) return false;
    // The bytes are the caller's connection's.
    const taken = stream.write(kept ?? part, kept !== undefined);
    if (!taken) this.#listener.onWaiting();
    return taken;
  }

  end(trailers: readonly string[]): void {
    if (this.#isStopped || this.#trailers !== undefined) return;
    if (this.#left > 0 && this.#left !== Infinity) {
      this.#listener.onMismatch();
      return;
    }
    this.#trailers = trailers;
    this.#end(trailers);
    this.#listener.onWaiting();
  }

  #end(trailers: readonly string[]): void {
    if (this.#stream?.isClosed === false)
      this.#stream.end(undefined, true, trailers.length === 0 ? trailers : toTrailerFields(trailers));
  }

  /** @returns a copy of the part; undefined when none is needed. */
  #keep(part: Buffer): Buffer | undefined {
    if (this.#kept === undefined) return undefined;
    this.#keptBytes += part.length;
    if (this.#keptBytes > maxKeptBytes) {
      this.#kept = undefined;
      return undefined;
    }
    const copy = Buffer.from(part);
    this.#kept.push(copy);
    return copy;
  }
}
