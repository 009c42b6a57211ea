const bufferBytes = 64 * 1024;
/** Minimum size of a read for which a separate buffer is worth it; smaller reads would keep a whole buffer in memory. */
const largeRead = bufferBytes / 2;

/**
 * Buffers into which connections read. All of them share one, because each read is processed before the next. A connection
 * with large reads gets its own buffers, which are passed on without a copy.
 */
export interface ReadBuffers {
  forConnection(): ReadBuffer;
}

export function createReadBuffers(): ReadBuffers {
  const shared = Buffer.allocUnsafeSlow(bufferBytes);
  return { forConnection: () => new ReadBuffer(shared) };
}

/** The buffers of one connection. A class, because there are many instances. */
export class ReadBuffer {
  readonly #shared: Buffer;
  #current: Buffer | undefined = undefined;
  #large = false;
  #given = false;

  constructor(shared: Buffer) {
    this.#shared = shared;
  }

  /** The buffer to read into next; undefined for the current one. */
  next(): Buffer | undefined {
    const isShared = this.#current === this.#shared;
    if (!this.#large) return isShared ? undefined : this.#change(this.#shared);
    return this.#given || isShared ? this.#change(Buffer.allocUnsafeSlow(bufferBytes)) : undefined;
  }

  /** Records a read of that many bytes; returns whether they are lent: overwritten by the next read. */
  lends(length: number): boolean {
    if (length < largeRead) return true;
    this.#large = true;
    this.#given = this.#current !== this.#shared;
    return !this.#given;
  }

  /** Stops expecting large reads. */
  release(): void {
    this.#large = false;
  }

  #change(buffer: Buffer): Buffer {
    this.#given = false;
    this.#current = buffer;
    return buffer;
  }
}
