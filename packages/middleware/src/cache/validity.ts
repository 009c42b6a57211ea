import type { Clock } from '../base/clock.ts';

/**
 * Validity of a token in memory. The monotonic clock of a machine stops while the machine is suspended, and the wall clock may
 * be set back, so a token is used only while neither says that it has expired.
 *
 * A use reads one clock: the result for both is valid for a second, or until the next event is due.
 */
export interface Validity {
  /** `Clock.monotonic()` milliseconds. */
  readonly expiresAtMs: number;
  /** `Clock.now()` milliseconds of the same moment. */
  readonly expiresAtWallMs: number;
  /** `Clock.now()` milliseconds between which no check is needed. */
  sureFromMs: number;
  sureUntilMs: number;
}

/** Milliseconds for which the result for both clocks is valid. */
const sureForMs = 1_000;

/** @param expiresAtMs `Clock.monotonic()` milliseconds. */
export function createValidity(expiresAtMs: number, clock: Clock): Validity {
  const expiresAtWallMs = clock.now() + expiresAtMs - clock.monotonic();
  return { expiresAtMs, expiresAtWallMs, sureFromMs: Infinity, sureUntilMs: -Infinity };
}

/** True while neither clock says that the token has expired. */
export function isValid({ expiresAtMs, expiresAtWallMs }: Validity, nowMs: number, wallMs: number): boolean {
  return nowMs < expiresAtMs && wallMs < expiresAtWallMs;
}

/** Saves the next uses a check of both clocks, up to `dueAtMs` of the monotonic clock. */
export function makeSure(validity: Validity, dueAtMs: number, nowMs: number, wallMs: number): void {
  const { expiresAtMs, expiresAtWallMs } = validity;
  validity.sureFromMs = wallMs;
  validity.sureUntilMs = Math.min(
    wallMs + Math.min(sureForMs, dueAtMs - nowMs, expiresAtMs - nowMs),
    expiresAtWallMs,
  );
}

/** Makes the next use check both clocks. */
export function makeUnsure(validity: Validity): void {
  validity.sureUntilMs = -Infinity;
}
