/** A timer that can be cancelled; cancelling a timer that has fired does nothing. */
export interface Timer {
  cancel(): void;
}

/** The only source of time in this project. Everything that waits or expires takes a clock, so that tests need no sleeps. */
export interface Clock {
  /** Milliseconds since the epoch; may jump when the machine's clock is set. */
  now(): number;
  /** Milliseconds from an arbitrary origin; never decreases. Durations and expiries are measured with it. */
  monotonic(): number;
  /** Calls `callback` once after `delayMs` milliseconds. The timer does not keep the process alive. */
  after(delayMs: number, callback: () => void): Timer;
}

/** The machine's own clock. */
export const systemClock: Clock = Object.freeze({
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs: number, callback: () => void): Timer {
    const handle = setTimeout(callback, delayMs);
    handle.unref();
    return { cancel: () => clearTimeout(handle) };
  },
});
