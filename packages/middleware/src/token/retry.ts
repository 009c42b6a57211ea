import { backoffDelayMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { TokenOutcome } from './access-token.ts';

/** What one attempt came to. */
export interface Attempt {
  readonly outcome: TokenOutcome;
  /** Whether another attempt may come to something else; false for a token and for a final answer. */
  readonly transient: boolean;
}

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly maxRetries: number;
  /** Outcomes that are not tried again although they may change, after so many retries. Default: none. */
  readonly isFinal?: ((outcome: TokenOutcome, retries: number) => boolean) | undefined;
}

/** Milliseconds that no back-off exceeds; a `Retry-After` comes on top. */
export const maxBackoffMs = 2000;
/** Milliseconds that the first back-off is below. */
const baseBackoffMs = 100;
/** The longest `Retry-After`, in seconds, that is waited for while a request waits for its token. */
const longestWaitSeconds = 10;

/**
 * Attempts until an outcome is final or `maxRetries` are used up; the last outcome is the result. Between attempts it
 * waits an exponential back-off with full jitter, after `Retry-After` when the server sent one. A `Retry-After` of more
 * than 10 seconds ends the retries: the caller learns when to come back instead of waiting here.
 */
export async function retry(
  attempt: () => Promise<Attempt>,
  { clock, random, maxRetries, isFinal }: RetryOptions,
): Promise<TokenOutcome> {
  for (let retries = 0; ; retries += 1) {
    const { outcome, transient } = await attempt();
    if (!transient || outcome.kind === 'token' || retries >= maxRetries) return outcome;
    if (isFinal?.(outcome, retries) === true) return outcome;
    const askedSeconds = outcome.retryAfterSeconds ?? 0;
    if (askedSeconds > longestWaitSeconds) return outcome;
    const delayMs =
      askedSeconds * 1000 + backoffDelayMs(retries, { baseMs: baseBackoffMs, maxMs: maxBackoffMs, random });
    await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
  }
}
