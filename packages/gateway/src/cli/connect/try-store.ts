import { randomUUID } from 'node:crypto';
import { createRedisStore } from '@grantgate/middleware/cache/redis/create-redis-store';
import type { TokenStore } from '@grantgate/middleware/cache/store';
import type { StoreOptions } from '@grantgate/middleware/cache/stores';
import type { ConnectionResult } from './connection-result.ts';

/** Milliseconds for the connection, and again for all operations over it. */
const limitMs = 5_000;
/** Number of keys: enough to reach every node of a small cluster. */
const keyCount = 16;
/** Lifetime of a key that was not removed, in milliseconds. */
const keyMs = 5_000;

/** Connects to a store, and writes, reads, extends and removes keys as the gateway does. */
export async function tryStore({
  keyPrefix,
  redis,
}: Pick<StoreOptions, 'keyPrefix' | 'redis'>): Promise<ConnectionResult> {
  let store: TokenStore | undefined;
  try {
    store = createRedisStore(redis);
    const opened = store;
    const reason = await within(connected(opened));
    if (reason !== undefined) return toFault(reason);
    await within(opened.ping());
    const keys = Array.from({ length: keyCount }, () => `${keyPrefix}check:${randomUUID()}`);
    await within(Promise.all(keys.map((key) => use(opened, key))));
    return { fault: undefined, detail: 'available' };
  } catch (error) {
    return toFault(error instanceof Error ? error.message.replace(/^Redis: /, '') : 'unknown error');
  } finally {
    await store?.close();
  }
}

/** Undefined when it is connected; otherwise the reason. */
function connected(store: TokenStore): Promise<string | undefined> {
  return new Promise((resolve) => {
    store.onStateChange((ready, reason) => resolve(ready ? undefined : (reason ?? 'unknown error')));
  });
}

async function use(store: TokenStore, key: string): Promise<void> {
  const value = new TextEncoder().encode('grantgate check');
  await store.setIfAbsent(key, value, keyMs);
  await store.set(key, value, keyMs);
  await store.get(key);
  await store.extendIfEquals(key, value, keyMs);
  await store.deleteIfEquals(key, value);
}

async function within<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('time-out')), limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

const toFault = (detail: string): ConnectionResult => ({
  fault: { severity: 'error', code: 'store_unreachable' },
  detail,
});
