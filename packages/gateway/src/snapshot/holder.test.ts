import { describe, expect, test } from 'vitest';
import { turns } from '../../../testkit/src/until.ts';
import { createHolder, type Runtime } from './holder.ts';

function createRuntime(
  close: () => Promise<void> = async () => {},
): Runtime & { readonly closed: () => number; readonly retired: () => number } {
  let [closed, retired] = [0, 0];
  return {
    snapshot: {
      match: () => undefined,
      tlsOptionsOf: () => 'default',
      findSteps: () => undefined,
      findMetadata: () => undefined,
    },
    retire() {
      retired += 1;
    },
    close() {
      closed += 1;
      return close();
    },
    closed: () => closed,
    retired: () => retired,
  };
}
const fail = (error: unknown): void => {
  throw error;
};
const settle = (): Promise<void> => turns(1);

describe('the snapshot in use', () => {
  test('is replaced for new requests, and closed once its last request has ended', async () => {
    const [first, second] = [createRuntime(), createRuntime()];
    const holder = createHolder(first, fail);
    const [early, late] = [holder.acquire(), holder.acquire()];
    expect(first.retired()).toBe(0);
    holder.swap(second);
    expect([first.retired(), second.retired()]).toEqual([1, 0]);
    expect(holder.acquire().snapshot).toBe(second.snapshot);
    expect(early.snapshot).toBe(first.snapshot);
    early.release();
    await settle();
    expect(first.closed()).toBe(0);
    late.release();
    await settle();
    expect([first.closed(), second.closed()]).toEqual([1, 0]);
  });

  test('is closed at once when no request uses it', async () => {
    const first = createRuntime();
    const holder = createHolder(first, fail);
    holder.acquire().release();
    expect(first.closed()).toBe(0);
    holder.swap(createRuntime());
    await settle();
    expect(first.closed()).toBe(1);
  });

  test('is closed once, even if close is called repeatedly', async () => {
    const first = createRuntime();
    const holder = createHolder(first, fail);
    const lease = holder.acquire();
    const closed = [holder.close(), holder.close()];
    lease.release();
    await Promise.all(closed);
    await holder.close();
    expect(first.closed()).toBe(1);
  });

  test('may fail to close, which is reported and has no other effect', async () => {
    const told: unknown[] = [];
    const error = new Error('stuck');
    const holder = createHolder(
      createRuntime(() => Promise.reject(error)),
      (reason) => told.push(reason),
    );
    holder.swap(
      createRuntime(() => {
        throw error;
      }),
    );
    await holder.close();
    expect(told).toEqual([error, error]);
  });
});
