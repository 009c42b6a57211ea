/** How long to wait between attempts. */
export interface BackoffOptions {
  /** Milliseconds that the first wait is below; each further wait may be twice as long. */
  readonly baseMs: number;
  /** Milliseconds that no wait exceeds. */
  readonly maxMs: number;
  /** Returns a number in [0, 1), as `Math.random`, which is the default. */
  readonly random?: () => number;
}

/**
 * Milliseconds to wait before a retry: exponential back-off with full jitter, a random part of
 * `min(maxMs, baseMs * 2 ** retry)`, so that callers that failed together do not come back together.
 *
 * @param retry how many retries went before: 0 for the first.
 */
export function backoffDelayMs(
  retry: number,
  { baseMs, maxMs, random = Math.random }: BackoffOptions,
): number {
  return random() * Math.min(maxMs, baseMs * 2 ** retry);
}
