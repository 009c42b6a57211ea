import type { Clock } from '@grantgate/middleware/base/clock';
import type { PurgeResult } from '../snapshot/token-purge.ts';

/** Purges in progress. */
export interface WorkerPurges<P> {
  /**
   * Has processes drop tokens; resolves with the sum once each has replied or ended.
   *
   * @returns undefined when one does not reply within a second: it may still use a token.
   */
  purge(processes: Iterable<P>, send: (process: P, id: number) => void): Promise<PurgeResult | undefined>;
  take(process: P, id: number, purged: PurgeResult): void;
  /** Removes a process that has exited: it uses no token any more. */
  end(process: P): void;
}

interface Purge<P> {
  readonly waiting: Set<P>;
  middlewares: number;
  tokens: number;
  readonly settle: (process: P) => void;
}

/** Milliseconds that a purge waits for a process. */
const withinMs = 1_000;

export function createPurges<P>(clock: Clock): WorkerPurges<P> {
  const underWay = new Map<number, Purge<P>>();
  let ids = 0;
  return {
    purge: (processes, send) =>
      new Promise((resolve) => {
        const id = (ids += 1);
        const finish = (isWhole: boolean): void => {
          limit.cancel();
          underWay.delete(id);
          const { middlewares, tokens } = purge;
          resolve(isWhole ? { middlewares, tokens } : undefined);
        };
        const limit = clock.after(withinMs, () => finish(false));
        const waiting = new Set(processes);
        const settle = (process: P): void => {
          if (waiting.delete(process) && waiting.size === 0) finish(true);
        };
        const purge: Purge<P> = { waiting, middlewares: 0, tokens: 0, settle };
        underWay.set(id, purge);
        for (const process of [...waiting]) send(process, id);
        if (waiting.size === 0) finish(true);
      }),
    take(process, id, { middlewares, tokens }) {
      const purge = underWay.get(id);
      if (purge?.waiting.has(process) !== true) return;
      // Each process has the same middlewares.
      purge.middlewares = Math.max(purge.middlewares, middlewares);
      purge.tokens += tokens;
      purge.settle(process);
    },
    end(process) {
      for (const { settle } of [...underWay.values()]) settle(process);
    },
  };
}
