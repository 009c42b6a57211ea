/** The body of a caller's request; parts come only after `read`. */
export interface CallerBody {
  /** Bytes as announced; 0 when nothing is. */
  readonly announcedBytes: number;
  /** All of it, when it is here and short: to be asked for in place of `read`, which is of no use then. */
  whole(): Buffer | undefined;
  /** Neither is called before this returns. */
  read(onPart: (part: Buffer) => void, onEnd: () => void): void;
  pause(): void;
  resume(): void;
  /** Nobody wants the rest: neither function is called any more. */
  stop(): void;
}
