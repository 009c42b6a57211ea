import type { Snapshot } from './snapshot.ts';

/** A request's use of a snapshot. */
export interface Lease {
  /** Find the route immediately: a replaced snapshot has no routes. */
  readonly snapshot: Snapshot;
  /** Must be called exactly once, when the request's response has ended. */
  release(): void;
}

/** A snapshot with its open resources. */
export interface Runtime {
  readonly snapshot: Snapshot;
  /** Drops the routes. No new request uses this snapshot, and requests in flight already have their routes. */
  retire(): void;
  close(): Promise<void>;
}

/** Holds the current snapshot, which is replaced as a whole and closed after its last request. */
export interface Holder {
  acquire(): Lease;
  /** Requests in flight keep their snapshot; new requests get `next`. */
  swap(next: Runtime): void;
  /** Resolves when the last runtime is closed, which requires that every lease is released. */
  close(): Promise<void>;
}

/** @param onCloseError called when an old runtime fails to close; nothing else is affected. */
export function createHolder(first: Runtime, onCloseError: (error: unknown) => void): Holder {
  let runtime = first;
  let current = createShared(first, onCloseError);
  return {
    acquire: () => current.acquire(),
    swap(next) {
      const [old, oldRuntime] = [current, runtime];
      current = createShared(next, onCloseError);
      runtime = next;
      // Otherwise one long request would keep ten thousand routes in memory.
      oldRuntime.retire();
      void old.retire();
    },
    close: () => current.retire(),
  };
}

interface SharedRuntime {
  acquire(): Lease;
  retire(): Promise<void>;
}

function createShared(runtime: Runtime, onCloseError: (error: unknown) => void): SharedRuntime {
  let users = 0;
  let whenIdle: (() => void) | undefined;
  let retired: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    if (users > 0) await new Promise<void>((resolve) => (whenIdle = resolve));
    try {
      await runtime.close();
    } catch (error) {
      onCloseError(error);
    }
  };
  const lease: Lease = {
    snapshot: runtime.snapshot,
    release() {
      users -= 1;
      if (users === 0) whenIdle?.();
    },
  };
  return {
    acquire() {
      users += 1;
      return lease;
    },
    retire: () => (retired ??= end()),
  };
}
