/** The head of a response to a caller. */
export interface CallerResponseHead {
  readonly status: number;
  /** May be empty. */
  readonly reason: string;
  /** Name and value in turn, without those of the connection; includes `Content-Length` when the length is known. */
  readonly headers: readonly string[];
  /** Whether to add `Date` when it is missing. */
  readonly dated: boolean;
  /** Whether the same object is used for other responses, so that results derived from it are worth caching. */
  readonly reused: boolean;
}

/** Destination of one response: a caller's connection, or a step that changes the response on its way there. */
export interface ResponseWriter {
  /** Sets the head, which is sent with the first part or with `flush`. */
  begin(head: CallerResponseHead): void;
  /**
   * Writes a part of the body.
   * @param lent the bytes are valid only until this returns.
   * @returns false when the next part must wait for `onceDrained`.
   */
  write(part: Buffer, lent: boolean): boolean;
  /** Sends the head without waiting for a part. */
  flush(): void;
  onceDrained(told: () => void): void;
  /**
   * Ends the response, and reads the rest of its request.
   *
   * @param part the last one; undefined for none.
   * @param lent as for `write`.
   * @param trailers name in lower case and value in turn, all of which may be sent; omitted where they cannot be sent.
   */
  end(part: Buffer | undefined, lent: boolean, trailers: readonly string[]): void;
  /** Ends the response before it is complete, in a way that the caller can detect. */
  cut(): void;
}

export const noTrailers: readonly string[] = Object.freeze([]);
