import type { Snapshot } from './snapshot.ts';

/** A snapshot in use by one request. */
export interface Lease {
  /** To be asked for a route at once: after a swap it has none. */
  readonly snapshot: Snapshot;
  /** To be called exactly once, when the request's response has ended. */
  release(): void;
}

/** A snapshot together with what it has opened. */
export interface Runtime {
  readonly snapshot: Snapshot;
  /** No request will look for its route here any more: those that are under way have theirs. */
  retire(): void;
  close(): Promise<void>;
}

/** The snapshot that requests are served from; replaced whole, and closed when its last request has ended. */
export interface Holder {
  acquire(): Lease;
  /** Requests that have begun keep what they have; new ones get `next`. */
  swap(next: Runtime): void;
  /** Resolves when the last runtime is closed; every lease must have been released or be about to. */
  close(): Promise<void>;
}

/** @param onCloseError told when an old runtime could not be closed; nothing else depends on it. */
export function createHolder(first: Runtime, onCloseError: (error: unknown) => void): Holder {
  let runtime = first;
  let current = createShared(first, onCloseError);
  return {
    acquire: () => current.acquire(),
    swap(next) {
      const [old, oldRuntime] = [current, runtime];
      current = createShared(next, onCloseError);
      runtime = next;
      // One long request must not keep ten thousand routes.
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
