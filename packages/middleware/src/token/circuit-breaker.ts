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

/**
 * Suspends requests to a server that does not respond. Closed: requests pass. Open: none passes. After that, one request
 * passes as a trial: its success closes the breaker, its failure opens it for twice as long, up to `maxOpenMs`.
 */
export interface CircuitBreaker {
  /** Milliseconds until a request may pass; 0: this one may, and `succeeded` or `failed` must follow. */
  pass(): number;
  succeeded(): void;
  failed(): void;
  /** The request came to nothing that says anything about the server. */
  released(): void;
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
  return {
    pass() {
      if (!isOpen()) return 0;
      const leftMs = openUntilMs - clock.monotonic();
      if (leftMs > 0) return leftMs;
      // The trial is under way: how long it takes is not known.
      if (isTrying) return openMs;
      isTrying = true;
      return 0;
    },
    succeeded() {
      failures = 0;
      trials = 0;
      isTrying = false;
    },
    failed() {
      failures += 1;
      // Requests that were sent before it opened fail late; they do not lengthen it.
      if (failures === threshold || isTrying) open();
      isTrying = false;
    },
    released() {
      isTrying = false;
    },
  };
}
