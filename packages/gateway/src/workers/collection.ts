import type { Clock } from '@grantgate/middleware/base/clock';
import type { Readings } from './readings.ts';
import { joinReadings } from './split-readings.ts';

/** Collects metrics from processes. A process that has ended or is late contributes its last report. */
export interface Collection<P> {
  /**
   * Requests the metrics of processes, oldest first; resolves when each has replied or exited, or after a second. A call meanwhile
   * returns the same result. Without processes, it resolves at once.
   */
  collect(processes: Iterable<P>, ask: (process: P) => void): Promise<CollectionResult>;
  /** @param isPart whether further parts of the same report follow. */
  take(process: P, readings: Readings, isPart?: boolean): void;
  /** Stores the last report of a process that has exited. */
  end(process: P): Readings | undefined;
}

export interface CollectionResult {
  /** Reports of running processes, oldest first. */
  readonly readings: readonly Readings[];
  /** Number of processes that did not reply in time. */
  readonly late: number;
}

/** Milliseconds that a scrape waits for a process. */
const withinMs = 1_000;

export function createCollection<P>(clock: Clock): Collection<P> {
  /** In the order of their first replies; a later reply replaces the earlier one. */
  const last = new Map<P, Readings>();
  /** First parts of reports that have not arrived completely. */
  const parts = new Map<P, Readings>();
  let underWay: { readonly waiting: Set<P>; readonly finish: () => void } | undefined;
  let collected: Promise<CollectionResult> | undefined;
  const settle = (process: P): void => {
    if (underWay?.waiting.delete(process) === true && underWay.waiting.size === 0) underWay.finish();
  };
  return {
    collect(processes, ask) {
      const asked = [...processes];
      if (asked.length === 0) return Promise.resolve({ readings: [...last.values()], late: 0 });
      return (collected ??= new Promise((resolve) => {
        const waiting = new Set(asked);
        const finish = (): void => {
          limit.cancel();
          underWay = undefined;
          collected = undefined;
          resolve({ readings: [...last.values()], late: waiting.size });
        };
        const limit = clock.after(withinMs, finish);
        underWay = { waiting, finish };
        asked.forEach(ask);
      }));
    },
    take(process, readings, isPart = false) {
      const before = parts.get(process);
      const joined = before === undefined ? readings : joinReadings(before, readings);
      if (isPart) {
        parts.set(process, joined);
        return;
      }
      parts.delete(process);
      last.set(process, joined);
      settle(process);
    },
    end(process) {
      const readings = last.get(process);
      last.delete(process);
      parts.delete(process);
      settle(process);
      return readings;
    },
  };
}
