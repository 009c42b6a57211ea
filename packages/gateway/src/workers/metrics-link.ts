import type { Clock } from '@grantgate/middleware/base/clock';

/** How a worker comes by the figures of all workers. */
export interface MetricsLink {
  /** Rejects when the primary does not have them in time. */
  ask(): Promise<string>;
  /** Takes an answer of the primary; undefined when it has none. */
  take(id: number, text: string | undefined): void;
}

/** Milliseconds; the primary waits for workers for one of these seconds. */
const withinMs = 5_000;

/** @param send asks the primary, which answers under the same number. */
export function createMetricsLink(send: (id: number) => void, clock: Clock): MetricsLink {
  const waiting = new Map<number, (text: string | undefined) => void>();
  let ids = 0;
  return {
    ask: () =>
      new Promise((resolve, reject) => {
        const id = (ids += 1);
        const limit = clock.after(withinMs, () => take(undefined));
        const take = (text: string | undefined): void => {
          limit.cancel();
          waiting.delete(id);
          if (text === undefined) reject(new Error('the primary has no figures'));
          else resolve(text);
        };
        waiting.set(id, take);
        send(id);
      }),
    take: (id, text) => waiting.get(id)?.(text),
  };
}
