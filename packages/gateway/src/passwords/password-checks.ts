import type { Worker } from 'node:worker_threads';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { CheckMessage, CheckResult } from './check-thread.ts';
import { createFairQueue } from './fair-queue.ts';
import { hasDigest, isSlow } from './password-hash.ts';

/** Checks passwords and keys. Slow checks run outside the event loop, one after the other. */
export interface PasswordChecks {
  /**
   * Finds the hash that matches a password.
   *
   * @param source of the request. Sources take turns, so that one source that guesses does not delay the others.
   * @returns its index, or -1 when none matches; undefined when too many checks are waiting, or the thread has stopped.
   */
  find(password: string, hashes: readonly string[], source: string): MaybePromise<number | undefined>;
  close(): Promise<void>;
}

/** Maximum number of waiting passwords: about ten seconds of bcrypt at its usual cost, with one hash each. */
export const maxWaiting = 100;

interface PasswordCheck {
  readonly password: string;
  readonly hashes: readonly string[];
  /** Indexes of the hashes that remain to be checked. */
  readonly left: number[];
  readonly source: string;
  readonly tell: (found: number | undefined) => void;
}

/** Starts the thread with the first slow check. */
export function createPasswordChecks(): PasswordChecks {
  const queue = createFairQueue<PasswordCheck>(maxWaiting);
  let thread: Promise<Worker> | undefined;
  let running: PasswordCheck | undefined;
  const start = async (): Promise<Worker> => {
    // Loaded only by configurations that use it.
    const { startCheckThread } = await import('./check-thread.ts');
    const started = startCheckThread();
    started.on('message', ({ matches }: CheckResult) => conclude(matches));
    // Without a thread, every password is refused; the next check starts a new one.
    const stop = (): void => {
      thread = undefined;
      for (const { tell } of [running, ...queue.clear()].filter((one) => one !== undefined)) tell(undefined);
      running = undefined;
    };
    started.once('error', stop);
    started.once('exit', stop);
    return started;
  };
  const add = (check: PasswordCheck): void => queue.add(check.source, check)?.tell(undefined);
  const next = async (): Promise<void> => {
    if (running !== undefined) return;
    const check = queue.take();
    if (check === undefined) return;
    running = check;
    const { password, hashes, left } = check;
    const to = await (thread ??= start());
    to.postMessage({ password, hash: hashes[left[0] ?? 0] ?? '' } satisfies CheckMessage);
  };
  const conclude = (matches: boolean): void => {
    const check = running;
    running = undefined;
    if (check === undefined) return;
    const at = check.left.shift() ?? -1;
    if (matches) check.tell(at);
    // One hash per turn: a password that is checked against many hashes delays others by one hash.
    else if (check.left.length > 0) add(check);
    else check.tell(-1);
    void next();
  };
  return {
    find(password, hashes, source) {
      const quick = hashes.findIndex((hash) => !isSlow(hash) && hasDigest(password, hash));
      if (quick >= 0) return quick;
      const left = hashes.flatMap((hash, at) => (isSlow(hash) ? [at] : []));
      if (left.length === 0) return -1;
      return new Promise((tell) => {
        add({ password, hashes, left, source, tell });
        void next();
      });
    },
    async close() {
      const last = await thread;
      thread = undefined;
      await last?.terminate();
    },
  };
}
