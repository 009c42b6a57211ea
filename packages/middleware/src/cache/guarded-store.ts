import type { Channel } from '../base/channel.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { StoreEvent, StoreOperation } from './store-event.ts';
import type { TokenStore } from './store.ts';

export type Attempted<T> = { readonly ok: true; readonly value: T } | { readonly ok: false };

/** A store that is never in the way: what it cannot do in time is not waited for. */
export interface GuardedStore {
  attempt<T>(operation: StoreOperation, run: (store: TokenStore) => Promise<T>): Promise<Attempted<T>>;
  /** Resolves when the store is first ready, or after `startMs` without. */
  started(): Promise<void>;
  close(): Promise<void>;
}

export interface GuardedStoreOptions {
  readonly clock: Clock;
  readonly events: Channel<StoreEvent>;
  /** Milliseconds for which an answer is waited; default 250. */
  readonly budgetMs?: number | undefined;
  /** Milliseconds between two signs of life that are asked for while the store does not answer in time; default 1,000. */
  readonly probeMs?: number;
  /** Milliseconds for which the first connection is waited at start; default 2,000. */
  readonly startMs?: number;
}

const failed = { ok: false } as const;

/**
 * Guards a store. An answer that takes longer than `budgetMs` is given up, and the store is left alone until it answers a
 * ping: one request pays for the discovery, not each. Without a connection no request waits at all.
 */
export function createGuardedStore(store: TokenStore, options: GuardedStoreOptions): GuardedStore {
  const { clock, events, budgetMs = 250, probeMs = 1_000, startMs = 2_000 } = options;
  let silent = false;
  let closed = false;
  let probe: Timer | undefined;
  let announced: boolean | undefined;

  const announce = (reason?: string): void => {
    const ready = store.isReady() && !silent;
    if (ready === announced || closed) return;
    announced = ready;
    events.publish({ kind: 'state', ready, reason });
  };
  let lost = false;
  const unsubscribe = store.onStateChange((ready, reason) => {
    const again = lost && !ready;
    lost = !ready;
    // The store says more of what is known to be lost.
    if (again && announced === false && !closed) events.publish({ kind: 'state', ready, reason });
    else announce(reason);
  });

  const started = new Promise<void>((resolve) => {
    if (store.isReady()) {
      resolve();
      return;
    }
    const limit = clock.after(startMs, () => finish());
    const stop = store.onStateChange((ready) => {
      if (ready) finish();
    });
    const finish = (): void => {
      limit.cancel();
      stop();
      resolve();
    };
  });

  const probeLater = (): void => {
    probe = clock.after(probeMs, () => {
      void measure('ping', () => store.ping()).then((answer) => {
        if (closed) return;
        if (!answer.ok && store.isReady()) {
          probeLater();
          return;
        }
        silent = false;
        announce();
      });
    });
  };

  const measure = async <T>(operation: StoreOperation, run: () => Promise<T>): Promise<Attempted<T>> => {
    const begun = clock.monotonic();
    let timer: Timer | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = clock.after(budgetMs, () => {
        // When this process was busy, the answer may lie in the socket: it is read before the time-out is believed.
        setImmediate(() => resolve('late'));
      });
    });
    try {
      const value = await Promise.race([run().then((result) => ({ result })), late]);
      if (value === 'late') {
        events.publish({ kind: 'failure', operation, reason: `no answer within ${budgetMs} ms` });
        if (operation !== 'ping' && !silent && !closed) {
          silent = true;
          announce(`no answer within ${budgetMs} ms`);
          probeLater();
        }
        return failed;
      }
      events.publish({ kind: 'operation', operation, durationMs: clock.monotonic() - begun });
      return { ok: true, value: value.result };
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown error';
      events.publish({ kind: 'failure', operation, reason });
      return failed;
    } finally {
      timer?.cancel();
    }
  };

  // A store that is still connecting is no news: the outcome of the attempt is.
  if (store.isReady()) announce();
  return {
    async attempt(operation, run) {
      if (silent || closed || !store.isReady()) return failed;
      return measure(operation, () => run(store));
    },
    started: () => started,
    async close() {
      closed = true;
      probe?.cancel();
      unsubscribe();
      await store.close();
    },
  };
}
