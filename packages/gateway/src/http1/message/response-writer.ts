/** The head of a response to a caller. */
export interface CallerResponseHead {
  readonly status: number;
  /** May be empty. */
  readonly reason: string;
  /** Name and value in turn, without those of the connection; `Content-Length` among them when the length is known. */
  readonly headers: readonly string[];
  /** Whether `Date` is added when it is not among the headers. */
  readonly dated: boolean;
  /** Whether this very object comes again with other responses, so that what is made of it is worth keeping. */
  readonly reused: boolean;
}

/** What one response is written to: a caller's connection, or a step that changes it on its way there. */
export interface ResponseWriter {
  /** Settles the head, which goes out with the first part or with `flush`. */
  begin(head: CallerResponseHead): void;
  /**
   * A part of the body.
   *
   * @param lent the bytes are the response's only until this returns.
   * @returns false when no part is to come before `onceDrained` tells.
   */
  write(part: Buffer, lent: boolean): boolean;
  /** Sends the head without waiting for a part. */
  flush(): void;
  onceDrained(told: () => void): void;
  /**
   * Ends it, and reads what is left of its request.
   *
   * @param part the last one; undefined for none.
   * @param lent as for `write`.
   * @param trailers name in lower case and value in turn; left out where they cannot be sent.
   */
  end(part: Buffer | undefined, lent: boolean, trailers: readonly string[]): void;
  /** Ends it before it is complete, so that the caller can tell. */
  cut(): void;
}

export const noTrailers: readonly string[] = Object.freeze([]);
