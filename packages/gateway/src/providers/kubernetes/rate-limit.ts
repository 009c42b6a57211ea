import type { Clock, Timer } from '@grantgate/middleware/base/clock';

export interface RateLimitOptions {
  /** Average number of requests per second. */
  readonly qps: number;
  /** Maximum burst after a pause. */
  readonly burst: number;
}

/** Limits the requests to one API server, as client-go does, and pauses all of them when the server requests it. */
export interface RateLimit {
  /**
   * Resolves when a request may be sent; false when `signal` aborts first. Background requests wait for all others, and
   * at most `maxBackground` of them run at a time; each must `release` its slot.
   */
  acquire(background: boolean, signal: AbortSignal): Promise<boolean>;
  /** Called when a background request has its response. */
  release(): void;
  /** Pauses all requests for this many milliseconds, without a burst afterwards, because the server is overloaded. */
  pause(ms: number): void;
}

/** Maximum number of background requests in flight; an API server queues more than that per client. */
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
        // Rounded up, because a timer that fires early would find no token.
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
      // Waiting requests must not be sent all at once.
      tokens = 0;
      filledAt = pausedUntil;
    },
  };
}
