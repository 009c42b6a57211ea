import type { Worker } from 'node:worker_threads';
import type { CheckedMessage } from './check-thread.ts';

/** Checks of passwords, off the event loop. */
export interface PasswordChecks {
  /** Whether a password has this hash; undefined when too many checks wait, or the thread has stopped. */
  check(password: string, hash: string): Promise<boolean | undefined>;
  close(): Promise<void>;
}

/** Checks that wait at most: some ten seconds of bcrypt at its usual cost. */
export const maxWaiting = 100;

/** Starts no thread until the first check. */
export function createPasswordChecks(): PasswordChecks {
  const waiting = new Map<number, (matches: boolean | undefined) => void>();
  let thread: Promise<Worker> | undefined;
  let lastId = 0;
  const start = async (): Promise<Worker> => {
    // Loaded by configurations that use it.
    const { startCheckThread } = await import('./check-thread.ts');
    const started = startCheckThread();
    started.on('message', ({ id, matches }: CheckedMessage) => {
      const tell = waiting.get(id);
      waiting.delete(id);
      tell?.(matches);
    });
    // Without a thread, nobody gets in; the next check starts another one.
    const stop = (): void => {
      thread = undefined;
      for (const tell of waiting.values()) tell(undefined);
      waiting.clear();
    };
    started.once('error', stop);
    started.once('exit', stop);
    return started;
  };
  return {
    async check(password, hash) {
      if (waiting.size >= maxWaiting) return undefined;
      const id = (lastId += 1);
      const done = new Promise<boolean | undefined>((resolve) => waiting.set(id, resolve));
      const running = await (thread ??= start());
      running.postMessage({ id, password, hash });
      return done;
    },
    async close() {
      const running = await thread;
      thread = undefined;
      await running?.terminate();
    },
  };
}
