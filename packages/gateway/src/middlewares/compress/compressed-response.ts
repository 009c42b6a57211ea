import type { CallerResponseHead, ResponseWriter } from '../../http1/message/response-writer.ts';
import { readDecimal } from '../../http1/message/decimal.ts';
import { replaceHeaders, valueIn, type HeaderList } from '../../http1/message/header-list.ts';
import type { StepWriter } from '../step.ts';
import { isCompressed, readMediaType, type ContentTypes } from './content-types.ts';
import type { Coding, Encoder, Encoding } from './encoders.ts';

/** State shared by the responses of one middleware, or of all middlewares. */
export interface CompressionDeps {
  readonly encoding: Encoding;
  readonly coding: Coding;
  readonly types: ContentTypes;
  /** Minimum bytes of a body to compress. */
  readonly minBytes: number;
  readonly slots: Slots;
}

/** Limits the number of responses that the process compresses at once. */
export interface Slots {
  /** @returns false when the limit is reached. */
  take(): boolean;
  release(): void;
}

export function createSlots(count: number): Slots {
  let free = count;
  return {
    take() {
      if (free === 0) return false;
      free -= 1;
      return true;
    },
    release: () => void (free += 1),
  };
}

/**
 * Compresses one response, or passes it on. It is kept until `minBytes` have arrived; if the server pauses before, it is compressed
 * and sent at once, so that a stream stays live. A class, because one instance is created per response.
 */
export class CompressedResponse implements StepWriter {
  readonly #next: ResponseWriter;
  readonly #deps: CompressionDeps;
  /** Set until it is known whether the response is compressed. */
  #head: CallerResponseHead | undefined;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #encoder: Encoder | undefined;
  #isOver = false;
  /** Whether a part has arrived since the last check, and since the last flush. */
  #isFresh = false;
  #isUnflushed = false;
  #look: NodeJS.Immediate | undefined;

  constructor(next: ResponseWriter, deps: CompressionDeps) {
    this.#next = next;
    this.#deps = deps;
  }

  begin(received: CallerResponseHead): void {
    const head = { ...received, headers: addVary(received.headers), reused: false };
    const length = readLength(head.headers);
    if (!isCompressible(head, this.#deps.types) || (length ?? Infinity) < this.#deps.minBytes)
      this.#next.begin(head);
    else {
      this.#head = head;
      if (length !== undefined) this.#start();
    }
  }

  write(part: Buffer, lent: boolean): boolean {
    if (this.#encoder !== undefined) return this.#encode(part, lent);
    if (this.#head === undefined) return this.#next.write(part, lent);
    this.#held.push(lent ? Buffer.from(part) : part);
    this.#heldBytes += part.length;
    if (this.#heldBytes >= this.#deps.minBytes) return this.#start();
    this.#lookLater();
    return true;
  }

  flush(): void {
    // A response that has not begun waits for its first part, which an event stream may send late.
    if (this.#head !== undefined && readType(this.#head) === 'text/event-stream') this.#start();
    if (this.#head === undefined) this.#next.flush();
  }

  onceDrained(told: () => void): void {
    if (this.#encoder === undefined) this.#next.onceDrained(told);
    else this.#encoder.once('drain', told);
  }

  end(part: Buffer | undefined, lent: boolean, trailers: readonly string[]): void {
    const head = this.#head;
    if (head !== undefined) {
      if (part !== undefined) this.#held.push(lent ? Buffer.from(part) : part);
      this.#heldBytes += part?.length ?? 0;
      if (this.#heldBytes < this.#deps.minBytes) {
        this.#pass(head, trailers);
        return;
      }
      this.#start();
    }
    const encoder = this.#encoder;
    if (encoder === undefined) {
      this.#next.end(head === undefined ? part : undefined, lent, trailers);
      return;
    }
    encoder.once('end', () => {
      this.closed();
      this.#next.end(undefined, false, trailers);
    });
    if (part === undefined || head !== undefined) encoder.end();
    else encoder.end(lent ? Buffer.from(part) : part);
    this.#isUnflushed = false;
  }

  cut(): void {
    this.closed();
    this.#next.cut();
  }

  closed(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#held = [];
    clearImmediate(this.#look);
    if (this.#encoder === undefined) return;
    this.#encoder.destroy();
    this.#deps.slots.release();
  }

  /** Passes on a short body, whose length is now known. */
  #pass(head: CallerResponseHead, trailers: readonly string[]): void {
    this.#head = undefined;
    clearImmediate(this.#look);
    const body = Buffer.concat(this.#held);
    const headers =
      trailers.length === 0 ? [...head.headers, 'Content-Length', String(body.length)] : head.headers;
    this.#next.begin({ ...head, headers });
    this.#next.end(body, false, trailers);
  }

  /** Starts to compress, unless too many responses are compressed already; passes on the kept parts. @returns as `write`. */
  #start(): boolean {
    const head = this.#head;
    const held = this.#held;
    this.#head = undefined;
    this.#held = [];
    if (head === undefined) return true;
    const { coding, encoding, slots } = this.#deps;
    if (!slots.take()) {
      this.#next.begin(head);
      return held.map((part) => this.#next.write(part, false)).every(Boolean);
    }
    const headers = replaceHeaders(head.headers, replaced, ['Content-Encoding', encoding]);
    this.#next.begin({ ...head, headers });
    const encoder = coding.create();
    this.#encoder = encoder;
    encoder.on('data', (chunk: Buffer) => {
      if (this.#isOver || this.#next.write(chunk, false)) return;
      encoder.pause();
      this.#next.onceDrained(() => encoder.resume());
    });
    encoder.on('error', () => this.cut());
    return held.map((part) => this.#encode(part, false)).every(Boolean);
  }

  #encode(part: Buffer, lent: boolean): boolean {
    const isTaken = this.#encoder?.write(lent ? Buffer.from(part) : part) ?? true;
    this.#lookLater();
    return isTaken;
  }

  #lookLater(): void {
    if (this.#isOver) return;
    this.#isFresh = true;
    this.#isUnflushed = true;
    this.#look ??= setImmediate(this.#onLook);
  }

  /** A whole turn of the event loop without another part: the server pauses, so its data must not wait in the compressor. */
  readonly #onLook = (): void => {
    this.#look = undefined;
    if (this.#isOver || !this.#isUnflushed) return;
    const encoder = this.#encoder;
    if (this.#isFresh) {
      this.#isFresh = false;
      this.#look = setImmediate(this.#onLook);
    } else if (this.#head !== undefined) {
      this.#start();
    } else if (encoder?.writableNeedDrain === true) {
      // The encoder caused the pause, not the server.
      encoder.once('drain', () => this.#lookLater());
    } else {
      this.#isUnflushed = false;
      encoder?.flush(this.#deps.coding.flushKind);
    }
  };
}

const replaced: ReadonlySet<string> = new Set(['content-length', 'content-encoding', 'accept-ranges']);

const readType = ({ headers }: CallerResponseHead): string | undefined =>
  readMediaType(valueIn(headers, 'content-type') ?? '');

/** Announced length in bytes; undefined when there is none. */
function readLength(headers: HeaderList): number | undefined {
  const value = valueIn(headers, 'content-length');
  return value === undefined ? undefined : readDecimal(value);
}

/** Whether the head of a response allows compression: a complete response without an encoding that may be changed. */
function isCompressible({ status, headers }: CallerResponseHead, types: ContentTypes): boolean {
  return (
    status !== 204 &&
    status !== 206 &&
    status !== 304 &&
    (valueIn(headers, 'content-encoding') ?? '') === '' &&
    valueIn(headers, 'content-range') === undefined &&
    // RFC 9111 section 5.2.2.6.
    !/(?:^|,)\s*no-transform\s*(?:$|,)/i.test(valueIn(headers, 'cache-control') ?? '') &&
    isCompressed(valueIn(headers, 'content-type'), types)
  );
}

/** A cache must not return the response for a request that accepts another encoding (RFC 9110 section 12.5.5). */
function addVary(headers: HeaderList): HeaderList {
  const vary = valueIn(headers, 'vary') ?? '';
  const isThere = vary.split(',').some((name) => /^\s*(?:\*|accept-encoding)\s*$/i.test(name));
  return isThere ? headers : [...headers, 'Vary', 'Accept-Encoding'];
}
