import type { Clock, Timer } from '@grantgate/middleware/base/clock';

/** Schedules one function, which runs once for any number of requests. */
export interface Schedule {
  /** Runs it within this many milliseconds, unless `hold` delays it. */
  within(ms: number): void;
  /** Does not run it within this many milliseconds from now. */
  hold(ms: number): void;
  /** Cancels it permanently. */
  close(): void;
}

export function createSchedule(clock: Clock, run: () => void): Schedule {
  let earliest = -Infinity;
  let timer: Timer | undefined;
  let dueAt = 0;
  let isClosed = false;
  return {
    within(ms) {
      if (isClosed) return;
      const now = clock.monotonic();
      const at = Math.max(now + ms, earliest);
      if (timer !== undefined && dueAt <= at) return;
      timer?.cancel();
      dueAt = at;
      timer = clock.after(at - now, () => {
        timer = undefined;
        run();
      });
    },
    hold: (ms) => void (earliest = clock.monotonic() + ms),
    close() {
      isClosed = true;
      timer?.cancel();
    },
  };
}
