/** Delays between attempts. */
export interface BackoffOptions {
  /** Upper bound of the first delay, in milliseconds; each further one may be twice as long. */
  readonly baseMs: number;
  /** Upper bound of all delays, in milliseconds. */
  readonly maxMs: number;
  /** Returns a number in [0, 1), as `Math.random`, which is the default. */
  readonly random?: () => number;
}

/**
 * Milliseconds to wait before a retry: exponential back-off with full jitter, a random part of `min(maxMs, baseMs * 2 **
 * retry)`, so that callers that failed together do not retry together.
 *
 * @param retry number of earlier retries: 0 for the first.
 */
export function backoffDelayMs(
  retry: number,
  { baseMs, maxMs, random = Math.random }: BackoffOptions,
): number {
  return random() * Math.min(maxMs, baseMs * 2 ** retry);
}
