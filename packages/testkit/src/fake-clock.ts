import type { Clock, Timer } from '../../middleware/src/base/clock.ts';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Advances time, firing due timers in order and letting promise callbacks run between them. */
  advance(ms: number): Promise<void>;
  /** Moves only the wall clock, as when the machine was suspended (forward) or its clock is set. */
  jump(ms: number): void;
  /** Timers that have neither fired nor been cancelled. */
  pending(): number;
}

export function createFakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let elapsed = 0;
  let wallMs = startMs;
  let sequence = 0;
  const timers = new Map<number, { dueMs: number; callback: () => void }>();
  const settle = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  };
  return {
    now: () => wallMs + elapsed,
    monotonic: () => elapsed,
    after(delayMs, callback): Timer {
      const id = sequence++;
      timers.set(id, { dueMs: elapsed + Math.max(0, delayMs), callback });
      return { cancel: () => void timers.delete(id) };
    },
    jump: (ms) => void (wallMs += ms),
    pending: () => timers.size,
    async advance(ms) {
      const target = elapsed + ms;
      await settle();
      for (;;) {
        const due = [...timers]
          .filter(([, t]) => t.dueMs <= target)
          .sort((a, b) => a[1].dueMs - b[1].dueMs || a[0] - b[0])[0];
        if (due === undefined) break;
        timers.delete(due[0]);
        elapsed = Math.max(elapsed, due[1].dueMs);
        due[1].callback();
        await settle();
      }
      // A callback may have advanced the clock further meanwhile.
      elapsed = Math.max(elapsed, target);
    },
  };
}

/** A fake clock that skips short waits: back-off takes no time, time-outs do. */
export interface SkippingClock extends Clock {
  /** Milliseconds of every wait that was skipped, in order. */
  readonly waits: readonly number[];
}

/** Fires timers of less than `belowMs` immediately, advancing time by their delay; all others wait for `clock.advance`. */
export function skipWaitsBelow(belowMs: number, clock: FakeClock): SkippingClock {
  const waits: number[] = [];
  return {
    waits,
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(delayMs, callback): Timer {
      const timer = clock.after(delayMs, callback);
      if (delayMs < belowMs) {
        waits.push(delayMs);
        setImmediate(() => void clock.advance(delayMs));
      }
      return timer;
    },
  };
}
