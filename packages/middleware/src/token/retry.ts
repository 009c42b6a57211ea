import { backoffDelayMs } from '../base/backoff.ts';
import type { Clock } from '../base/clock.ts';
import type { AccessToken } from './access-token.ts';
import type { TokenFailure } from './failure.ts';

/** The result of one attempt to obtain a value of type `T`, or a failure. */
export interface Attempt<T extends AttemptResult = AccessToken> {
  readonly outcome: T | TokenFailure;
  /** Whether another attempt may have a different outcome; false for success and for a final response. */
  readonly transient: boolean;
}

interface AttemptResult {
  readonly kind: string;
}

export interface RetryOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly maxRetries: number;
  /** Number of retries after which an outcome is final although it may change. Default: none. */
  readonly isFinal?: ((outcome: TokenFailure, retries: number) => boolean) | undefined;
  /** Called before the wait for another attempt. @param retries from 1. */
  readonly onRetry?: ((outcome: TokenFailure, delayMs: number, retries: number) => void) | undefined;
}

/** Upper bound of each back-off in milliseconds, in addition to `Retry-After`. */
export const maxBackoffMs = 2000;
/** Upper bound of the first back-off, in milliseconds. */
const baseBackoffMs = 100;
/** The longest `Retry-After`, in seconds, for which a request waits. */
const longestWaitSeconds = 10;

/**
 * Attempts until an outcome is final or `maxRetries` are used up; the last outcome is the result. Between attempts it
 * waits an exponential back-off with full jitter, after `Retry-After` when the server sent one. A `Retry-After` of more
 * than 10 seconds ends the retries: the caller learns when to come back instead of waiting here.
 */
export async function retry<T extends AttemptResult>(
  attempt: () => Promise<Attempt<T>>,
  { clock, random, maxRetries, isFinal, onRetry }: RetryOptions,
): Promise<T | TokenFailure> {
  for (let retries = 0; ; retries += 1) {
    const { outcome, transient } = await attempt();
    if (!transient || !isFailure(outcome) || retries >= maxRetries) return outcome;
    if (isFinal?.(outcome, retries) === true) return outcome;
    const askedSeconds = outcome.retryAfterSeconds ?? 0;
    if (askedSeconds > longestWaitSeconds) return outcome;
    const delayMs =
      askedSeconds * 1000 + backoffDelayMs(retries, { baseMs: baseBackoffMs, maxMs: maxBackoffMs, random });
    onRetry?.(outcome, delayMs, retries + 1);
    await new Promise<void>((resolve) => void clock.after(delayMs, resolve));
  }
}

const isFailure = (outcome: AttemptResult): outcome is TokenFailure => outcome.kind === 'failure';

/**
 * Milliseconds that a caller waits: a minute, or the time that the configured attempts may take.
 *
 * @param requests one after the other, each with its attempts; default 1.
 */
export const waitLimitMs = (
  { timeoutMs, maxRetries }: { readonly timeoutMs: number; readonly maxRetries: number },
  requests = 1,
): number => Math.max(60_000, requests * (timeoutMs * (maxRetries + 1) + maxRetries * maxBackoffMs));
