import type { ResponseHead } from '../http1/client/response-head.ts';
import type { ResponseWriter } from '../http1/message/response-writer.ts';

/** The head of a 1xx response from a server; header names in lower case. */
export type InterimHead = Pick<ResponseHead, 'status' | 'reason' | 'headers'>;

/** The head of a server's response, as its record refers to it; header names in lower case. */
export type OriginHead = Pick<ResponseHead, 'status' | 'headers'>;

/** Called when a response ends. */
export interface ResponseListener {
  responseClosed(): void;
}

/** The response to one request, written to the caller's connection. */
export interface CallerResponse extends ResponseWriter {
  /** Whether the head is final: it can no longer be replaced by another response. */
  readonly begun: boolean;
  /** Whether nothing can be added: it has ended, or its connection is closed. */
  readonly over: boolean;
  /** Status of its head; meaningless before the response has begun. */
  readonly status: number;
  /** Headers of its head, name and value in turn; empty before the response has begun. */
  readonly headers: readonly string[];
  /** Calls the listener once, when the response is written or its connection is closed; possibly before `end` returns. */
  onClose(told: ResponseListener): void;
  /** Closes the connection after this response, if the head has not been written. */
  last(): void;
  /** Sends `100 Continue` to a caller that waits before it sends its body (RFC 9110 section 10.1.1). */
  continue(): void;
  /** Sends a 1xx response before this one; dropped where the caller cannot receive it. */
  interim(head: InterimHead): void;
}
