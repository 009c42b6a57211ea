import type { Clock } from '@grantgate/middleware/base/clock';

/** A wait that can be ended early. */
export interface Pause {
  wait(ms: number): Promise<void>;
  /** Ends the current wait. */
  end(): void;
}

/** @param signal ends every wait. */
export function createPause(clock: Clock, signal: AbortSignal): Pause {
  let end: (() => void) | undefined;
  return {
    wait: (ms) =>
      new Promise((resolve) => {
        const timer = clock.after(ms, done);
        function done(): void {
          end = undefined;
          timer.cancel();
          signal.removeEventListener('abort', done);
          resolve();
        }
        end = done;
        signal.addEventListener('abort', done);
      }),
    end: () => end?.(),
  };
}
