import type { Clock } from '../base/clock.ts';

/** What opens and closes a circuit breaker. */
export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** Returns a number in [0, 1), as `Math.random`, which is the default. */
  readonly random?: () => number;
  /** Failures in a row that open it; default 5. */
  readonly threshold?: number;
  /** Milliseconds that it stays open at first, doubled with each failed trial; default 1,000. */
  readonly openMs?: number;
  /** Milliseconds that it stays open at most; default 30,000. */
  readonly maxOpenMs?: number;
}

/** How a request ended: `undecided` says nothing about the server. */
export type RequestResult = 'succeeded' | 'failed' | 'undecided';

/** Tells once how the request ended. */
export type ReportResult = (result: RequestResult) => void;

/**
 * Suspends requests to a server that does not respond. Closed: requests pass. Open: none passes. After that, one request
 * passes as a trial: its success closes the breaker, its failure opens it for twice as long, up to `maxOpenMs`.
 */
export interface CircuitBreaker {
  /**
   * Lets a request pass, or gives the milliseconds until one may.
   *
   * @param counts whether its failure counts. One that does not count is no trial either, so that it keeps none from passing.
   */
  enter(counts: boolean): ReportResult | number;
}

export function createCircuitBreaker(options: CircuitBreakerOptions): CircuitBreaker {
  const { clock, random = Math.random, threshold = 5, openMs = 1_000, maxOpenMs = 30_000 } = options;
  let failures = 0;
  let trials = 0;
  let openUntilMs = -Infinity;
  let isTrying = false;
  const isOpen = (): boolean => failures >= threshold;
  const open = (): void => {
    const ms = Math.min(maxOpenMs, openMs * 2 ** trials);
    // A part of it at random, so that replicas do not come back together.
    openUntilMs = clock.monotonic() + ms * (0.5 + random() / 2);
    trials += 1;
  };
  const end = (result: RequestResult, counts: boolean, isTrial: boolean): void => {
    if (isTrial) isTrying = false;
    if (result === 'succeeded') failures = trials = 0;
    // One that was sent before the breaker opened fails late: it does not lengthen the suspension.
    if (result !== 'failed' || !counts || isTrial !== isOpen()) return;
    failures += 1;
    if (isOpen()) open();
  };
  return {
    enter(counts) {
      const leftMs = isOpen() ? openUntilMs - clock.monotonic() : 0;
      if (leftMs > 0) return leftMs;
      const isTrial = counts && isOpen();
      // A trial is under way: how long it takes is not known.
      if (isTrial && isTrying) return openMs;
      isTrying ||= isTrial;
      return (result) => end(result, counts, isTrial);
    },
  };
}
