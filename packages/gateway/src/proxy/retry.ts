import type { ResponseFaultCode } from '../http1/client/fault.ts';
import type { Destination } from '../upstream/upstream.ts';
import type { UpstreamHead } from './request-headers.ts';

/** An attempt whose outcome has not been sent to the caller. */
export interface ServerAttempt {
  /** Status of the response, or of the refusal if there is no response. */
  readonly status: number;
  /** The reason why there is no response; undefined for a response. */
  readonly fault: ResponseFaultCode | undefined;
}

/**
 * Decides whether there is another attempt.
 *
 * @param again called when the time of the next attempt has come.
 * @returns false when the outcome goes to the caller.
 */
export type RetryRequest = (
  attempt: ServerAttempt,
  again: (picked: Destination, head: UpstreamHead) => void,
) => boolean;
