import { createTokenFailure, type TokenFailure } from './failure.ts';

/** Failures of a server in a row, and the time of the next try. */
export interface ServerOutage {
  readonly failure: TokenFailure;
  readonly failures: number;
  /** `Clock.monotonic()` milliseconds; no request until then. */
  readonly untilMs: number;
}

/**
 * Delay before the next request after a failure, in milliseconds: the first, doubled with each further failure, and the
 * maximum; partly random.
 */
const firstCooldownMs = 1_000;
const longestCooldownMs = 30_000;
/** The longest accepted `Retry-After`, in milliseconds. */
const longestRetryAfterMs = 300_000;

/** @param failures in a row, including this one. */
export function outageCooldownMs(
  { retryAfterSeconds = 0 }: TokenFailure,
  failures: number,
  random: () => number,
): number {
  const longest = Math.min(longestCooldownMs, firstCooldownMs * 2 ** (failures - 1));
  return Math.max(Math.min(longestRetryAfterMs, retryAfterSeconds * 1000), longest * (0.5 + random() / 2));
}

/** The failure for callers during an outage: no request is sent for them, and `Retry-After` is the remaining time. */
export const refuseInOutage = ({ reason, detail, response }: TokenFailure, leftMs: number): TokenFailure =>
  createTokenFailure(reason, detail, {
    retryAfterSeconds: Math.max(1, Math.ceil(leftMs / 1000)),
    response,
    isLocal: true,
  });
