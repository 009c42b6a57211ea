import type { Clock, Timer } from '@grantgate/middleware/base/clock';

export interface RateLimitOptions {
  /** Requests a second, on average. */
  readonly qps: number;
  /** Requests that may be sent at once after a pause. */
  readonly burst: number;
}

/** Bounds the requests to one API server, as client-go does, and holds all of them back when the server asks for it. */
export interface RateLimit {
  /**
   * Resolves when a request may be sent; false when `signal` aborts first. Requests in the background wait for all others, and
   * `maxBackground` of them run at a time: each has to `release` its place.
   */
  acquire(background: boolean, signal: AbortSignal): Promise<boolean>;
  /** A request in the background has its response. */
  release(): void;
  /** Lets no request out for so many milliseconds, and no burst after them: the server is overloaded. */
  pause(ms: number): void;
}

/** Requests in the background that wait for a response at a time; an API server queues more than that for one client. */
export const maxBackground = 50;

interface RateLimitWaiter {
  readonly go: () => void;
}

export function createRateLimit({ qps, burst }: RateLimitOptions, clock: Clock): RateLimit {
  const urgent = new Set<RateLimitWaiter>();
  const background = new Set<RateLimitWaiter>();
  let tokens = burst;
  let filledAt = clock.monotonic();
  let pausedUntil = -Infinity;
  let running = 0;
  let timer: Timer | undefined;

  const fill = (): void => {
    const now = clock.monotonic();
    if (now <= filledAt) return;
    tokens = Math.min(burst, tokens + ((now - filledAt) / 1000) * qps);
    filledAt = now;
  };
  const next = (): RateLimitWaiter | undefined => {
    const [first] = urgent;
    if (first !== undefined) return first;
    if (running >= maxBackground) return undefined;
    const [waiting] = background;
    return waiting;
  };
  const admit = (): void => {
    timer?.cancel();
    timer = undefined;
    fill();
    const pauseMs = pausedUntil - clock.monotonic();
    for (let waiter = next(); waiter !== undefined; waiter = next()) {
      if (pauseMs > 0 || tokens < 1) {
        // Rounded up: a timer that fires early would find nothing to hand out.
        timer = clock.after(Math.max(0, pauseMs) + Math.ceil(((1 - tokens) / qps) * 1000), admit);
        return;
      }
      tokens -= 1;
      urgent.delete(waiter);
      if (background.delete(waiter)) running += 1;
      waiter.go();
    }
  };
  return {
    acquire(isBackground, signal) {
      if (signal.aborted) return Promise.resolve(false);
      const queue = isBackground ? background : urgent;
      return new Promise((resolve) => {
        const abort = (): void => {
          queue.delete(waiter);
          resolve(false);
        };
        const waiter: RateLimitWaiter = {
          go() {
            signal.removeEventListener('abort', abort);
            resolve(true);
          },
        };
        signal.addEventListener('abort', abort, { once: true });
        queue.add(waiter);
        admit();
      });
    },
    release() {
      running -= 1;
      if (background.size > 0) admit();
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, clock.monotonic() + ms);
      // Requests that were held back must not go out at once.
      tokens = 0;
      filledAt = pausedUntil;
    },
  };
}
