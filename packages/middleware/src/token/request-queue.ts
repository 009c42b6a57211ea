import type { Clock } from '../base/clock.ts';

export interface RequestQueueOptions {
  readonly clock: Clock;
  /** Maximum number of concurrent token requests; at least 1. */
  readonly maxConcurrent: number;
  /**
   * Maximum number of waiting token requests, separately for clients that have had a token and all others; default 10,000.
   * Further ones are rejected.
   */
  readonly maxWaiting?: number;
  /** Milliseconds after which a waiting request is rejected; default 60,000: its callers have left by then. */
  readonly maxWaitMs?: number;
}

/**
 * Limits the token requests in flight at one endpoint, and shares the slots fairly between client IDs, so that many wrong
 * credentials take no slots from right ones:
 *
 * - clients that have had a token before go first, and the others together never take more than half of the slots;
 * - clients take turns, however many requests each of them has waiting;
 * - while more clients wait than there are slots, the newest goes first, because earlier ones have probably left.
 */
export interface RequestQueue {
  /**
   * Runs `send` once a slot is free. Undefined when the request is rejected.
   *
   * @param isKnown whether the client has had a token before.
   */
  run<T>(clientId: string, isKnown: boolean, send: () => Promise<T>): Promise<T | undefined>;
  /** Token requests in flight, and waiting ones. */
  counts(): { readonly active: number; readonly waiting: number };
}

interface QueueWaiter {
  readonly sinceMs: number;
  /** @param admitted false when it is rejected. */
  resume(admitted: boolean): void;
}

export function createRequestQueue(options: RequestQueueOptions): RequestQueue {
  const { clock, maxConcurrent, maxWaiting = 10_000, maxWaitMs = 60_000 } = options;
  const known = createLine(maxConcurrent);
  const unknown = createLine(maxConcurrent);
  const maxUnknown = Math.max(1, Math.floor(maxConcurrent / 2));
  const active = (): number => known.active + unknown.active;
  const hasPlace = (line: ClientQueue): boolean =>
    active() < maxConcurrent && (line === known || unknown.active < maxUnknown);

  const next = (): void => {
    for (const line of [known, unknown])
      while (hasPlace(line)) {
        const waiter = line.take();
        if (waiter === undefined) break;
        const admitted = clock.monotonic() - waiter.sinceMs <= maxWaitMs;
        if (admitted) line.active += 1;
        waiter.resume(admitted);
      }
  };
  const wait = (clientId: string, line: ClientQueue): Promise<boolean> =>
    new Promise((resume) => line.add(clientId, { sinceMs: clock.monotonic(), resume }));

  return {
    async run(clientId, isKnown, send) {
      const line = isKnown ? known : unknown;
      if (hasPlace(line)) line.active += 1;
      else if (line.waiting >= maxWaiting || !(await wait(clientId, line))) return undefined;
      try {
        return await send();
      } finally {
        line.active -= 1;
        next();
      }
    },
    counts: () => ({ active: active(), waiting: known.waiting + unknown.waiting }),
  };
}

interface ClientQueue {
  /** Number of requests in flight. */
  active: number;
  readonly waiting: number;
  add(clientId: string, waiter: QueueWaiter): void;
  take(): QueueWaiter | undefined;
}

/** Clients in turn. @param crowd number of waiting clients above which the newest goes first. */
function createLine(crowd: number): ClientQueue {
  const byClient = new Map<string, QueueWaiter[]>();
  /** Clients are normally taken from the front. */
  const clients: string[] = [];
  let waiting = 0;
  return {
    active: 0,
    get waiting() {
      return waiting;
    },
    add(clientId, waiter) {
      waiting += 1;
      const waiters = byClient.get(clientId);
      if (waiters !== undefined) {
        waiters.push(waiter);
        return;
      }
      byClient.set(clientId, [waiter]);
      clients.push(clientId);
    },
    take() {
      const isCrowded = clients.length > crowd;
      const clientId = isCrowded ? clients.pop() : clients.shift();
      if (clientId === undefined) return undefined;
      const waiters = byClient.get(clientId) ?? [];
      const waiter = waiters.shift();
      if (waiters.length === 0) byClient.delete(clientId);
      // Its turn is over: all others come before its next one.
      else if (isCrowded) clients.unshift(clientId);
      else clients.push(clientId);
      waiting -= 1;
      return waiter;
    },
  };
}
