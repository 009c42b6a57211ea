import type { ResponseFaultCode } from '../http1/client/fault.ts';
import type { Destination } from '../upstream/upstream.ts';
import type { UpstreamHead } from './request-headers.ts';

/** An attempt whose outcome has not gone to the caller. */
export interface ServerAttempt {
  /** Of the response; of the refusal in place of one when there is none. */
  readonly status: number;
  /** Why there is no response; undefined for a response. */
  readonly fault: ResponseFaultCode | undefined;
}

/**
 * Decides whether there is another attempt.
 *
 * @param again called for it, when its time has come. @returns false when the outcome goes to the caller.
 */
export type RetryRequest = (
  attempt: ServerAttempt,
  again: (picked: Destination, head: UpstreamHead) => void,
) => boolean;
