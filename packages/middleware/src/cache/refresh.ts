/** A token is renewed in the last fifth of its life, at most this many milliseconds before its end. */
export const refreshAheadMs = 60_000;

/** When, on use, a renewal starts: `Clock.monotonic()` milliseconds. */
export function refreshAfterMs(obtainedAtMs: number, expiresAtMs: number): number {
  return expiresAtMs - Math.min((expiresAtMs - obtainedAtMs) / 5, refreshAheadMs);
}

/** Milliseconds between one fruitless renewal and the next: 1 s, doubled each time, 30 s at most. */
export function retryRefreshMs(failures: number): number {
  return Math.min(1_000 * 2 ** failures, 30_000);
}
