import type { StoredValue, TokenStore } from '@grantgate/middleware/cache/store';
import type { SlotGrant } from '@grantgate/middleware/cache/slots';
import type { BucketGrant } from '@grantgate/middleware/cache/token-bucket';
import type { StoreReply, StoreRequest } from './messages.ts';

/** The primary's store, as a worker sees it. */
export interface PrimaryStore {
  readonly store: TokenStore;
  /** Receives a response of the primary. */
  readonly take: (reply: StoreReply) => void;
}

/** An operation without the members that its message adds. */
type Operation = StoreRequest extends infer Each
  ? Each extends StoreRequest
    ? Omit<Each, 'kind' | 'id'>
    : never
  : never;

interface PendingReply {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

/**
 * Creates a store that sends operations to the primary. It is ready until it is closed, because no worker outlives its primary. The
 * caller must limit the waiting time (`createBestEffortStore`).
 */
export function createPrimaryStore(send: (request: StoreRequest) => void): PrimaryStore {
  const waiting = new Map<number, PendingReply>();
  const listeners = new Set<(ready: boolean, reason: string | undefined) => void>();
  let ids = 0;
  let open = true;
  const closedError = (): Error => new Error('the store is closed');

  /** @typeParam T the result of the operation. */
  const ask = <T>(operation: Operation): Promise<T> =>
    new Promise<T>((resolve, reject) => {
      if (!open) {
        reject(closedError());
        return;
      }
      const id = (ids += 1);
      waiting.set(id, { resolve: (result) => resolve(result as T), reject });
      send({ kind: 'store', id, ...operation });
    });

  return {
    take(reply) {
      const asked = waiting.get(reply.id);
      waiting.delete(reply.id);
      if (reply.ok) asked?.resolve(reply.result);
      else asked?.reject(new Error(reply.reason));
    },
    store: {
      get: (key) => ask<StoredValue | undefined>({ operation: 'get', key }),
      set: (key, value, ttlMs) => ask<undefined>({ operation: 'set', key, value, ttlMs }),
      setIfAbsent: (key, value, ttlMs) => ask<boolean>({ operation: 'setIfAbsent', key, value, ttlMs }),
      extendIfEquals: (key, value, ttlMs) => ask<boolean>({ operation: 'extendIfEquals', key, value, ttlMs }),
      deleteIfEquals: (key, value) => ask<boolean>({ operation: 'deleteIfEquals', key, value }),
      take: (key, limits) => ask<BucketGrant>({ operation: 'take', key, limits }),
      occupy: (key, holder, demand) => ask<SlotGrant>({ operation: 'occupy', key, holder, demand }),
      isReady: () => open,
      ping: () => ask<undefined>({ operation: 'ping' }),
      onStateChange(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      close() {
        if (open) {
          open = false;
          for (const asked of waiting.values()) asked.reject(closedError());
          waiting.clear();
          for (const listener of listeners) listener(false, undefined);
        }
        return Promise.resolve();
      },
    },
  };
}
