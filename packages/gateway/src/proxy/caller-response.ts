import type { ResponseHead } from '../http1/client/response-head.ts';

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

/** The head of a 1xx response from a server; header names in lower case. */
export type InterimHead = Pick<ResponseHead, 'status' | 'reason' | 'headers'>;

/** Called when a response ends. */
export interface ResponseListener {
  responseClosed(): void;
}

/** The response to one request, as it is written to the caller's connection. */
export interface CallerResponse {
  /** Its head is settled: it cannot become another response any more. */
  readonly begun: boolean;
  /** Nothing can be added: it has its end, or its connection is gone. */
  readonly over: boolean;
  /** Status of its head; of no meaning before it has begun. */
  readonly status: number;
  /** Tells once, when it has been written to its end or its connection is gone; perhaps before `end` returns. */
  onClose(told: ResponseListener): void;
  /** The connection ends with this response, if that can still be said. */
  last(): void;
  /** Tells a caller that waits for it to send its body (RFC 9110 section 10.1.1). */
  continue(): void;
  /** A 1xx response before this one; left out where it cannot be passed on. */
  interim(head: InterimHead): void;
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
