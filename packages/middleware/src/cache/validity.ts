import type { Clock } from '../base/clock.ts';

/**
 * Until when a token in memory may be used. The monotonic clock of a machine stands still while the machine is suspended, and the
 * wall clock may be set back, so that a token is used only while neither says that it has expired.
 *
 * A use looks at one clock: what both have said is good for a second, or until the next thing is due.
 */
export interface Validity {
  /** `Clock.monotonic()` milliseconds. */
  readonly expiresAtMs: number;
  /** `Clock.now()` milliseconds of the same moment. */
  readonly expiresAtWallMs: number;
  /** `Clock.now()` milliseconds between which nothing needs to be looked at. */
  sureFromMs: number;
  sureUntilMs: number;
}

/** Milliseconds for which what both clocks said is not asked again. */
const sureForMs = 1_000;

/** @param expiresAtMs `Clock.monotonic()` milliseconds. */
export function createValidity(expiresAtMs: number, clock: Clock): Validity {
  const expiresAtWallMs = clock.now() + expiresAtMs - clock.monotonic();
  return { expiresAtMs, expiresAtWallMs, sureFromMs: Infinity, sureUntilMs: -Infinity };
}

/** Whether neither clock says that the token has expired. */
export function isValid({ expiresAtMs, expiresAtWallMs }: Validity, nowMs: number, wallMs: number): boolean {
  return nowMs < expiresAtMs && wallMs < expiresAtWallMs;
}

/** Spares the next uses a look at both clocks, up to `dueAtMs` of the monotonic one. */
export function makeSure(validity: Validity, dueAtMs: number, nowMs: number, wallMs: number): void {
  const { expiresAtMs, expiresAtWallMs } = validity;
  validity.sureFromMs = wallMs;
  validity.sureUntilMs = Math.min(
    wallMs + Math.min(sureForMs, dueAtMs - nowMs, expiresAtMs - nowMs),
    expiresAtWallMs,
  );
}

/** Lets the next use look at both clocks again. */
export function makeUnsure(validity: Validity): void {
  validity.sureUntilMs = -Infinity;
}
