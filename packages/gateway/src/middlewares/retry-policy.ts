/** Outcome of an attempt to get a response from a server. */
export interface AttemptOutcome {
  readonly method: string;
  /** Attempts so far, including this one. */
  readonly attempts: number;
  /** Milliseconds since the first attempt. */
  readonly elapsedMs: number;
  /** Status of the response, or of the refusal that replaces a missing one. */
  readonly status: number;
  /** Whether a server may have seen the request. */
  readonly sent: boolean;
  /** Reason for a missing response; undefined for a response. */
  readonly fault: string | undefined;
}

/** Determines whether a request is sent again. */
export interface RetryPolicy {
  /** Milliseconds before the next attempt; undefined when there is none. */
  readonly delayMs: (outcome: AttemptOutcome) => number | undefined;
}
