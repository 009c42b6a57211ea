/** The body of a caller's request; parts come only after `read`. */
export interface CallerBody {
  /** Bytes as announced; 0 when nothing is. */
  readonly announcedBytes: number;
  /** Bytes that have been asked for and given. */
  readonly takenBytes: number;
  /** The whole body, if it is short and has arrived; otherwise undefined. Replaces `read`. */
  whole(): Buffer | undefined;
  /** Calls neither function before it returns. */
  read(onPart: (part: Buffer) => void, onEnd: () => void): void;
  pause(): void;
  resume(): void;
  /** Discards the rest: neither function is called any more. */
  stop(): void;
}
