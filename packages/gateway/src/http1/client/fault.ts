/** The reason why a request has no complete response. */
export type ResponseFaultCode =
  /** No connection could be opened, or its certificate is not trusted. Nothing was sent. */
  | 'connect_failed'
  /** No connection within the time limit. Nothing was sent. */
  | 'connect_timeout'
  /** The connection ended or failed before the response was complete. */
  | 'connection_lost'
  /** No head of a response within the time limit. */
  | 'head_timeout'
  /** No further part of the response's body within the time limit. */
  | 'body_timeout'
  /** The bytes are not a valid response, or one that two readers could interpret differently. */
  | 'response_invalid'
  /** The request itself cannot be written. Nothing was sent. */
  | 'request_invalid';

export interface ResponseFault {
  readonly code: ResponseFaultCode;
  /** The reason in words, without any sent or received data. */
  readonly reason: string;
}

/**
 * Fault for an error of a connection.
 * @param open whether it had been opened.
 * @param hasHead whether the head of the response had arrived.
 */
export function toFault(error: NodeJS.ErrnoException, open: boolean, hasHead: boolean): ResponseFault {
  const reason = error.code ?? error.name;
  if (error.code !== 'ETIMEDOUT') return { code: open ? 'connection_lost' : 'connect_failed', reason };
  return { code: !open ? 'connect_timeout' : hasHead ? 'body_timeout' : 'head_timeout', reason };
}
