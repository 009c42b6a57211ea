import type { Worker } from 'node:worker_threads';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import type { CheckMessage, CheckResult } from './check-thread.ts';
import { createFairQueue } from './fair-queue.ts';
import { hasDigest, isSlow } from './password-hash.ts';

/** Checks of passwords and keys. Slow ones run off the event loop, one after the other. */
export interface PasswordChecks {
  /**
   * Finds the hash that a password has.
   *
   * @param source of the request: sources take turns, so that one that guesses does not delay the others.
   * @returns its index, -1 for none; undefined when too many checks wait, or the thread has stopped.
   */
  find(password: string, hashes: readonly string[], source: string): MaybePromise<number | undefined>;
  close(): Promise<void>;
}

/** Passwords that wait at most: some ten seconds of bcrypt at its usual cost, with one hash for each. */
export const maxWaiting = 100;

interface PasswordCheck {
  readonly password: string;
  readonly hashes: readonly string[];
  /** Indexes of the hashes that are left to check. */
  readonly left: number[];
  readonly source: string;
  readonly tell: (found: number | undefined) => void;
}

/** Starts no thread until the first slow check. */
export function createPasswordChecks(): PasswordChecks {
  const queue = createFairQueue<PasswordCheck>(maxWaiting);
  let thread: Promise<Worker> | undefined;
  let running: PasswordCheck | undefined;
  const start = async (): Promise<Worker> => {
    // Loaded by configurations that use it.
    const { startCheckThread } = await import('./check-thread.ts');
    const started = startCheckThread();
    started.on('message', ({ matches }: CheckResult) => conclude(matches));
    // Without a thread, nobody gets in; the next check starts another one.
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
    // One hash for each turn: a password that is held against many delays others by one.
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
