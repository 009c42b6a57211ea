/** Why a request has no complete response. */
export type ResponseFaultCode =
  /** No connection could be opened, or its certificate is not to be trusted. Nothing was sent. */
  | 'connect_failed'
  /** No connection within the time limit. Nothing was sent. */
  | 'connect_timeout'
  /** The connection ended or failed before the response was complete. */
  | 'connection_lost'
  /** No head of a response within the time limit. */
  | 'head_timeout'
  /** No further part of the response's body within the time limit. */
  | 'body_timeout'
  /** What came is no response, or one that two readers could understand differently. */
  | 'answer_invalid'
  /** The request itself cannot be written. Nothing was sent. */
  | 'request_invalid';

export interface ResponseFault {
  readonly code: ResponseFaultCode;
  /** In words, without anything that was sent or received. */
  readonly reason: string;
}
