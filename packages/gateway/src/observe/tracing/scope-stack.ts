import { AsyncLocalStorage } from 'node:async_hooks';
import type { Clock, Timer } from '@grantgate/middleware/base/clock';
import type { Context } from '@opentelemetry/api';
import type { ContextStack } from '@grantgate/middleware/base/otel-tracing';

/** The place of a call in its trace. */
export interface TraceScope {
  /** Created on demand: most requests cause no other. */
  readonly context: Context;
}

/** The scope of the current call. */
export interface ScopeStack extends ContextStack {
  /** Runs work in a scope; work that waits must call `keep` before it does. */
  enter<T>(scope: TraceScope, work: () => T): T;
}

/** Time for which work without a waiting caller, such as storing a token, is still followed, in milliseconds. */
const lingerMs = 1_000;

/**
 * Work that does not wait finds its scope in a variable. Only work that waits (`keep`, `with`) is followed by `AsyncLocalStorage`,
 * which is off otherwise: while it is on, Node.js calls hooks for every promise, write and callback of the process.
 */
export function createScopeStack(root: Context, clock: Pick<Clock, 'after'>): ScopeStack {
  const storage = new AsyncLocalStorage<TraceScope | undefined>();
  let current: TraceScope | undefined;
  /** Whether the storage has the current scope. */
  let isFollowed = false;
  let waiting = 0;
  let timer: Timer | undefined;
  const leave = (): void => {
    waiting -= 1;
    if (waiting === 0) timer ??= clock.after(lingerMs, () => storage.disable());
  };
  const follow = (result: unknown): void => {
    waiting += 1;
    timer?.cancel();
    timer = undefined;
    if (result instanceof Promise) void result.then(leave, leave);
    else leave();
  };
  const run = <T>(scope: TraceScope, followed: boolean, work: () => T): T => {
    const outer = current;
    const outerFollowed = isFollowed;
    let result: T | undefined;
    current = scope;
    isFollowed = followed;
    try {
      result = work();
      return result;
    } finally {
      if (isFollowed) {
        // Promises that were created meanwhile keep the scope; later callbacks of the same connection must not have it.
        if (!followed) storage.enterWith(undefined);
        follow(result);
      }
      current = outer;
      isFollowed = outerFollowed;
    }
  };
  return {
    active: () => (current ?? storage.getStore())?.context ?? root,
    enter: (scope, work) => run(scope, false, work),
    with(context, work) {
      const scope = { context };
      return run(scope, true, () => storage.run(scope, work));
    },
    keep(work) {
      if (current === undefined) return work();
      if (!isFollowed) storage.enterWith(current);
      isFollowed = true;
      const result = work();
      follow(result);
      return result;
    },
  };
}
