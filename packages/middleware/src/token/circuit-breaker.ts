import type { Clock } from '../base/clock.ts';

/** Thresholds and times of a circuit breaker. */
export interface CircuitBreakerOptions {
  readonly clock: Clock;
  /** Returns a number in [0, 1), as `Math.random`, which is the default. */
  readonly random?: () => number;
  /** Failures in a row that open it; default 5. */
  readonly threshold?: number;
  /** Milliseconds for which it first stays open, doubled with each failed trial; default 1,000. */
  readonly openMs?: number;
  /** Maximum time for which it stays open, in milliseconds; default 30,000. */
  readonly maxOpenMs?: number;
}

/** How a request ended. `undecided` is no evidence about the server. */
export type RequestResult = 'succeeded' | 'failed' | 'undecided';

/** Reports the outcome of the request, once. */
export type ReportResult = (result: RequestResult) => void;

/**
 * Suspends requests to a server that does not respond. Closed: requests pass. Open: none passes. After that, one request
 * passes as a trial: its success closes the breaker, its failure opens it for twice as long, up to `maxOpenMs`.
 */
export interface CircuitBreaker {
  /**
   * Lets a request pass, or returns the milliseconds until one may.
   * @param counts whether its failure counts. A request that does not count is not a trial either, so it does not block
   * others.
   */
  enter(counts: boolean): ReportResult | number;
  /** `halfOpen`: the next request, or one in flight, is a trial. */
  state(): BreakerState;
}

export interface BreakerState {
  readonly kind: 'closed' | 'open' | 'halfOpen';
  /** Milliseconds until a trial may pass; 0 unless it is open. */
  readonly leftMs: number;
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
    // Partly random, so that replicas do not resume at the same time.
    openUntilMs = clock.monotonic() + ms * (0.5 + random() / 2);
    trials += 1;
  };
  const end = (result: RequestResult, counts: boolean, isTrial: boolean): void => {
    if (isTrial) isTrying = false;
    if (result === 'succeeded') failures = trials = 0;
    // A request that was sent before the breaker opened may fail late: it does not lengthen the suspension.
    if (result !== 'failed' || !counts || isTrial !== isOpen()) return;
    failures += 1;
    if (isOpen()) open();
  };
  return {
    state() {
      if (!isOpen()) return { kind: 'closed', leftMs: 0 };
      const leftMs = Math.max(0, openUntilMs - clock.monotonic());
      return { kind: leftMs > 0 ? 'open' : 'halfOpen', leftMs };
    },
    enter(counts) {
      const leftMs = isOpen() ? openUntilMs - clock.monotonic() : 0;
      if (leftMs > 0) return leftMs;
      const isTrial = counts && isOpen();
      // A trial is in progress, and its duration is unknown.
      if (isTrial && isTrying) return openMs;
      isTrying ||= isTrial;
      return (result) => end(result, counts, isTrial);
    },
  };
}
