import type { Clock } from '@grantgate/middleware/base/clock';

/** Milliseconds that a start waits for the API server; after that, the gateway has no routes of the cluster until it responds. */
export const startTimeoutMs = 10_000;
/** Milliseconds that a change waits for Secrets that no earlier object referred to. */
export const secretTimeoutMs = 5000;
/** Milliseconds that readiness waits for Secrets once everything else has been read. */
export const secretsReadyTimeoutMs = 30_000;

/** The first output waits for the cluster, and later changes of routes for their new Secrets; neither waits indefinitely. */
export interface OutputDelay {
  /** The start begins. */
  start(): void;
  /**
   * Milliseconds to delay the routes; 0 when they take effect now.
   *
   * @param isSettled true when waiting for anything but Secrets does not help.
   * @param unsettled Secrets that have neither been read nor are refused.
   */
  waitMs(isSettled: boolean, unsettled: readonly string[]): number;
}

export function createPatience(clock: Clock): OutputDelay {
  let isFirst = true;
  let waitingUntil: number | undefined;
  /** Secrets for which a change has waited unsuccessfully; later changes do not wait for them. */
  let overdue: ReadonlySet<string> = new Set();
  return {
    start: () => void (waitingUntil = clock.monotonic() + startTimeoutMs),
    waitMs(isSettled, unsettled) {
      const isWhole = (!isFirst || isSettled) && unsettled.every((name) => overdue.has(name));
      if (!isWhole) {
        const now = clock.monotonic();
        waitingUntil ??= now + (isFirst ? startTimeoutMs : secretTimeoutMs);
        if (now < waitingUntil) return waitingUntil - now;
      }
      isFirst = false;
      overdue = new Set(unsettled);
      waitingUntil = undefined;
      return 0;
    },
  };
}

/** Whether every Secret has a response, or has been without one for too long. */
export interface SecretsReadiness {
  /** Stays true: a Secret that only a later Middleware refers to does not take a gateway out of service. */
  readonly isKnown: () => boolean;
  /**
   * Called with the Secrets that have neither been read nor are refused, once everything else has been read.
   *
   * @returns milliseconds after which it must be called again; undefined for never.
   */
  note(unsettled: readonly string[]): number | undefined;
}

/** @param onOverdue called with the Secrets that were not read in time. */
export function createSecretsKnown(
  clock: Clock,
  onOverdue: (secrets: readonly string[]) => void,
): SecretsReadiness {
  let isKnown = false;
  let dueAt: number | undefined;
  return {
    isKnown: () => isKnown,
    note(unsettled) {
      if (isKnown) return undefined;
      const now = clock.monotonic();
      dueAt ??= now + secretsReadyTimeoutMs;
      isKnown = unsettled.length === 0 || now >= dueAt;
      if (!isKnown) return dueAt - now;
      if (unsettled.length > 0) onOverdue(unsettled);
      return undefined;
    },
  };
}
