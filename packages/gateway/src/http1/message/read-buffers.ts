const bufferBytes = 64 * 1024;
/** Bytes read at once from which on a buffer of its own is worth it; fewer would hold the whole of one in memory. */
const largeRead = bufferBytes / 2;

/**
 * Buffers that connections read into. All of them share one, as each read is dealt with before the next; a connection that is
 * sent much at a time gets buffers of its own, which are handed on without being copied.
 */
export interface ReadBuffers {
  forConnection(): ReadBuffer;
}

export function createReadBuffers(): ReadBuffers {
  const shared = Buffer.allocUnsafeSlow(bufferBytes);
  return { forConnection: () => new ReadBuffer(shared) };
}

/** What one connection reads into. A class, because there are many of them. */
export class ReadBuffer {
  readonly #shared: Buffer;
  #current: Buffer | undefined = undefined;
  #large = false;
  #given = false;

  constructor(shared: Buffer) {
    this.#shared = shared;
  }

  /** The buffer to read into next; undefined for the same again. */
  next(): Buffer | undefined {
    const isShared = this.#current === this.#shared;
    if (!this.#large) return isShared ? undefined : this.#change(this.#shared);
    return this.#given || isShared ? this.#change(Buffer.allocUnsafeSlow(bufferBytes)) : undefined;
  }

  /** Takes note of a read of that many bytes; gives whether they are lent: gone with the next read. */
  lends(length: number): boolean {
    if (length < largeRead) return true;
    this.#large = true;
    this.#given = this.#current !== this.#shared;
    return !this.#given;
  }

  /** Much is no longer to be expected. */
  release(): void {
    this.#large = false;
  }

  #change(buffer: Buffer): Buffer {
    this.#given = false;
    this.#current = buffer;
    return buffer;
  }
}
