/** The body of a caller's request; it delivers parts only after `read`. */
export interface CallerBody {
  /** Announced length in bytes; 0 without one. */
  readonly announcedBytes: number;
  /** Number of bytes that were requested and delivered. */
  readonly takenBytes: number;
  /** The whole body if it is short, has arrived and has no trailers; otherwise undefined. Replaces `read`. */
  whole(): Buffer | undefined;
  /**
   * Both functions are called only after it returns. A part is valid until `onPart` returns; `onEnd` gets the trailers as received,
   * name and value in turn, or `noTrailers`.
   */
  read(onPart: (part: Buffer) => void, onEnd: (trailers: readonly string[]) => void): void;
  pause(): void;
  resume(): void;
  /** Discards the rest: neither function is called afterwards. */
  stop(): void;
}
