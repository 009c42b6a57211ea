import type { ResponseHead } from '../http1/client/response-head.ts';
import type { ResponseWriter } from '../http1/message/response-writer.ts';

/** The head of a 1xx response from a server; header names in lower case. */
export type InterimHead = Pick<ResponseHead, 'status' | 'reason' | 'headers'>;

/** Called when a response ends. */
export interface ResponseListener {
  responseClosed(): void;
}

/** The response to one request, as it is written to the caller's connection. */
export interface CallerResponse extends ResponseWriter {
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
}
