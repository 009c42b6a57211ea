/** Bytes that the other side may send on a stream, or on a connection (RFC 9113 section 6.9). */
export class ReceiveWindow {
  readonly #size: number;
  #left: number;
  /** Read since the last WINDOW_UPDATE. */
  #readBytes = 0;

  /** @param size bytes that the other side may send ahead. */
  constructor(size: number) {
    this.#size = size;
    this.#left = size;
  }

  /** A frame has arrived. @returns whether the other side was allowed to send it. */
  take(bytes: number): boolean {
    this.#left -= bytes;
    return this.#left >= 0;
  }

  /** Bytes have been read. @returns the increment to announce; 0 while it is not worth a frame. */
  read(bytes: number): number {
    this.#readBytes += bytes;
    if (this.#readBytes < this.#size / 2) return 0;
    const increment = this.#readBytes;
    this.#left += increment;
    this.#readBytes = 0;
    return increment;
  }
}
