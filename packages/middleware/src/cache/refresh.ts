/** A token is refreshed in the last fifth of its life, at most this many milliseconds before its expiry. */
export const refreshAheadMs = 60_000;

/** When a use starts a refresh, in `Clock.monotonic()` milliseconds. */
export function refreshAfterMs(obtainedAtMs: number, expiresAtMs: number): number {
  return expiresAtMs - Math.min((expiresAtMs - obtainedAtMs) / 5, refreshAheadMs);
}

/** Milliseconds between one fruitless refresh and the next: 1 s, doubled each time, at most 30 s. */
export function retryRefreshMs(failures: number): number {
  return Math.min(1_000 * 2 ** failures, 30_000);
}
