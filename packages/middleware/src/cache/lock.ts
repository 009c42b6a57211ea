import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../base/clock.ts';
import type { BestEffortStore } from './best-effort-store.ts';

/** A lock in a store. One process has it at a time, until it releases it or dies. */
export interface Lock {
  release(): Promise<void>;
}

/** Milliseconds after which the lock of a dead process expires: the maximum delay for the others. */
const lockMs = 5_000;
const extendMs = lockMs / 3;

/** @returns `busy` while another process has the lock, `unavailable` when the store does not respond. */
export async function acquireLock(
  name: string,
  store: BestEffortStore,
  clock: Clock,
): Promise<Lock | 'busy' | 'unavailable'> {
  const holder = randomBytes(16);
  const got = await store.attempt('lock', (redis) => redis.setIfAbsent(name, holder, lockMs));
  if (!got.ok) return 'unavailable';
  if (!got.value) return 'busy';
  let released = false;
  const extendLater = (): Timer =>
    clock.after(extendMs, () => {
      void store
        .attempt('extend', (redis) => redis.extendIfEquals(name, holder, lockMs))
        .then(() => {
          if (!released) timer = extendLater();
        });
    });
  let timer = extendLater();
  return {
    async release() {
      released = true;
      timer.cancel();
      await store.attempt('unlock', (redis) => redis.deleteIfEquals(name, holder));
    },
  };
}
