/** Outcome of an attempt to get a response from a server. */
export interface AttemptOutcome {
  readonly method: string;
  /** Attempts so far, this one included. */
  readonly attempts: number;
  /** Milliseconds since the first of them began. */
  readonly elapsedMs: number;
  /** Of the response; of the refusal in place of one when there is none. */
  readonly status: number;
  /** Whether a server may have seen the request. */
  readonly sent: boolean;
  /** Why there is no response; undefined for a response. */
  readonly fault: string | undefined;
}

/** When a request is sent again. */
export interface RetryPolicy {
  /** Milliseconds before the next attempt; undefined: there is none. */
  readonly delayMs: (outcome: AttemptOutcome) => number | undefined;
}
