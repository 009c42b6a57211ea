import type { Clock, Timer } from '@grantgate/middleware/base/clock';

/** Runs one thing in a while, however often that is asked for. */
export interface Schedule {
  /** No later than after so many milliseconds, but for `hold`. */
  within(ms: number): void;
  /** Not within so many milliseconds from now. */
  hold(ms: number): void;
  /** Runs it no more. */
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
