import type { Clock, Timer } from '@grantgate/middleware/base/clock';

/** An object with a deadline. */
export interface DeadlineOwner {
  /** In the time of `Deadlines.now`; Infinity for no deadline. Changing it costs only an assignment. */
  deadline: number;
  onExpired(): void;
}

/** Time limits of many objects with one coarse timer, which runs only while there are any. */
export interface Deadlines {
  add(item: DeadlineOwner): void;
  remove(item: DeadlineOwner): void;
  /** A deadline that expires after `ms` at the earliest, two ticks later at the latest; 0 ms: never. */
  notBefore(ms: number): number;
  /** A deadline that expires after `ms` at the latest, two ticks earlier at the earliest. */
  notAfter(ms: number): number;
}

/** @param tickMs milliseconds between two checks of the deadlines. */
export function createDeadlines(clock: Clock, tickMs: number): Deadlines {
  const items = new Set<DeadlineOwner>();
  let now = clock.monotonic();
  let timer: Timer | undefined;
  const tick = (): void => {
    now = clock.monotonic();
    for (const item of items) {
      if (item.deadline > now) continue;
      item.deadline = Infinity;
      item.onExpired();
    }
    timer = items.size === 0 ? undefined : clock.after(tickMs, tick);
  };
  return {
    add(item) {
      items.add(item);
      if (timer !== undefined) return;
      now = clock.monotonic();
      timer = clock.after(tickMs, tick);
    },
    remove(item) {
      items.delete(item);
      if (items.size > 0) return;
      timer?.cancel();
      timer = undefined;
    },
    // `now` is up to one tick behind.
    notBefore: (ms) => (ms === 0 ? Infinity : now + ms + tickMs),
    notAfter: (ms) => now + ms - tickMs,
  };
}

/** Milliseconds between two checks for those limits: coarse enough to be cheap, and fine enough for the shortest limit. */
export function toTickMs(limitsMs: readonly number[]): number {
  const shortest = Math.min(...limitsMs.filter((ms) => ms > 0));
  return Math.max(5, Math.min(500, shortest / 8));
}
