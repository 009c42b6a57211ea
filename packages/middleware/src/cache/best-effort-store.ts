import type { Channel } from '../base/channel.ts';
import type { Clock, Timer } from '../base/clock.ts';
import type { MaybePromise } from '../base/maybe-promise.ts';
import type { Tracing } from '../base/tracing.ts';
import type { StoreEvent, StoreOperation } from './store-event.ts';
import type { TokenStore } from './store.ts';

export type StoreResult<T> = { readonly ok: true; readonly value: T } | { readonly ok: false };

/** A store that never delays requests: an operation that exceeds its time limit is abandoned. */
export interface BestEffortStore {
  attempt<T>(operation: StoreOperation, run: (store: TokenStore) => Promise<T>): Promise<StoreResult<T>>;
  /** Resolves when the store is first ready, or after `startMs` without. */
  started(): Promise<void>;
  close(): Promise<void>;
}

export interface BestEffortStoreOptions {
  readonly clock: Clock;
  readonly events: Channel<StoreEvent>;
  /** Time limit of an operation, in milliseconds. */
  readonly budgetMs: number;
  /** Default: operations are not traced. */
  readonly tracing?: Tracing | undefined;
  /** Milliseconds between two pings while the store does not respond in time; default 1,000. */
  readonly probeMs?: number;
  /** Milliseconds to wait for the first connection at the start; default 2,000. */
  readonly startMs?: number;
}

const failed = { ok: false } as const;

/**
 * Limits the time of a store's operations. A response that takes longer than `budgetMs` is abandoned, and the store is not used
 * until it responds to a ping: only one request waits to find out. Without a connection, no request waits at all.
 */
export function createBestEffortStore(store: TokenStore, options: BestEffortStoreOptions): BestEffortStore {
  const { clock, events, budgetMs, tracing, probeMs = 1_000, startMs = 2_000 } = options;
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
    // A more precise reason for a store that is known to be unavailable.
    if (again && announced === false && !closed) events.publish({ kind: 'state', ready, reason });
    else announce(reason);
  });

  const probeLater = (): void => {
    probe = clock.after(probeMs, () => {
      void measure('ping', () => store.ping()).then((result) => {
        if (closed) return;
        if (!result.ok && store.isReady()) {
          probeLater();
          return;
        }
        silent = false;
        announce();
      });
    });
  };

  const measure = async <T>(operation: StoreOperation, run: () => Promise<T>): Promise<StoreResult<T>> => {
    const begun = clock.monotonic();
    try {
      const settled = await inTime(run(), clock, budgetMs);
      if (settled === 'late') {
        events.publish({ kind: 'failure', operation, reason: `no response within ${budgetMs} ms` });
        if (operation !== 'ping' && !silent && !closed) {
          silent = true;
          announce(`no response within ${budgetMs} ms`);
          probeLater();
        }
        return failed;
      }
      events.publish({ kind: 'operation', operation, durationMs: clock.monotonic() - begun });
      return { ok: true, value: settled.value };
    } catch (error) {
      const reason = error instanceof Error ? error.message : 'unknown error';
      events.publish({ kind: 'failure', operation, reason });
      return failed;
    }
  };

  const started = firstReady(store, clock, startMs);
  // Connecting is not reported; the outcome of the attempt is.
  if (store.isReady()) announce();
  return {
    async attempt(operation, run) {
      if (silent || closed || !store.isReady()) return failed;
      const measured = () => measure(operation, () => run(store));
      return tracing === undefined ? measured() : traceOperation(tracing, operation, measured);
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

function traceOperation<T>(
  tracing: Tracing,
  operation: StoreOperation,
  run: () => Promise<StoreResult<T>>,
): MaybePromise<StoreResult<T>> {
  const attributes = { 'db.system.name': 'redis', 'db.operation.name': operation };
  return tracing.span({ name: `redis ${operation}`, kind: 'client', attributes }, async (span) => {
    const result = await run();
    if (!result.ok) span.fail('store_unavailable');
    return result;
  });
}

/** Resolves when the store is first ready, or after `limitMs`. */
function firstReady(store: TokenStore, clock: Clock, limitMs: number): Promise<void> {
  if (store.isReady()) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = (): void => {
      limit.cancel();
      unsubscribe();
      resolve();
    };
    const limit = clock.after(limitMs, finish);
    const unsubscribe = store.onStateChange((ready) => {
      if (ready) finish();
    });
  });
}

/** The value of `result`, or `late` when it takes longer than `limitMs`. */
async function inTime<T>(
  result: Promise<T>,
  clock: Clock,
  limitMs: number,
): Promise<{ readonly value: T } | 'late'> {
  let timer: Timer | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = clock.after(limitMs, () => {
      // If this process was busy, the response may already be in the socket: it is read before the time-out counts.
      setImmediate(() => resolve('late'));
    });
  });
  try {
    return await Promise.race([result.then((value) => ({ value })), late]);
  } finally {
    timer?.cancel();
  }
}
