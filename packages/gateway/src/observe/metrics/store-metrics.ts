import type { StoreEvent } from '@grantgate/middleware/cache/store-event';
import type { Distribution } from './distribution.ts';
import { createDistribution, observe, toBoundsMs, toHistogram } from './distribution.ts';
import type { PairCounter } from './pair-counter.ts';
import { createPairCounter } from './pair-counter.ts';
import { toLabels, toSeries, type SeriesByName } from './series.ts';

/** Counts the events of token stores, by store. */
export interface StoreMetrics {
  /** Counts the events of one store. Stores with one name are counted together. */
  listen(store: string): (event: StoreEvent) => void;
  /** Sets the current stores; others are dropped. */
  configure(stores: readonly string[]): void;
  read(): SeriesByName;
}

interface StoreSeries {
  /** Undefined before it is known. */
  up: boolean | undefined;
  /** By operation and outcome. */
  readonly operations: PairCounter;
  /** By operation. */
  readonly durations: Map<string, Distribution>;
  readonly waits: Distribution;
  unsealed: number;
}

/** Buckets in seconds: requests wait at most 250 ms for a store. */
const operationBounds = [0.001, 0.005, 0.025, 0.1, 0.25];
/** Buckets in seconds: the lock of a process that died expires after 5 s. */
const waitBounds = [0.025, 0.1, 0.5, 1, 5];
const operationBoundsMs = toBoundsMs(operationBounds);
const waitBoundsMs = toBoundsMs(waitBounds);

export function createStoreMetrics(): StoreMetrics {
  const stores = new Map<string, StoreSeries>();
  /** Undefined before the first configuration. */
  let known: ReadonlySet<string> | undefined;
  const countsOf = (store: string): StoreSeries => {
    let counts = stores.get(store);
    if (counts === undefined) stores.set(store, (counts = createCounts()));
    return counts;
  };
  return {
    listen: (store) => (event) => {
      if (known?.has(store) ?? true) count(countsOf(store), event);
    },
    configure(names) {
      known = new Set(names);
      for (const store of stores.keys()) if (!known.has(store)) stores.delete(store);
    },
    read() {
      const all = Array.from(stores);
      return {
        grantgate_store_up: all.flatMap(([store, { up }]) =>
          up === undefined ? [] : [toSeries({ store }, Number(up), store)],
        ),
        grantgate_store_operations_total: all.flatMap(([store, { operations }]) =>
          operations
            .entries()
            .map(([operation, outcome, times]) => toSeries({ store, operation, outcome }, times, store)),
        ),
        grantgate_store_operation_duration_seconds: all.flatMap(([store, { durations }]) =>
          Array.from(durations, ([operation, distribution]) =>
            toHistogram(toLabels({ store, operation }), distribution, operationBounds, store),
          ),
        ),
        grantgate_store_lock_wait_seconds: all.map(([store, { waits }]) =>
          toHistogram(toLabels({ store }), waits, waitBounds, store),
        ),
        grantgate_store_unsealed_total: all.map(([store, { unsealed }]) =>
          toSeries({ store }, unsealed, store),
        ),
      };
    },
  };
}

const createCounts = (): StoreSeries => ({
  up: undefined,
  operations: createPairCounter(),
  durations: new Map(),
  waits: createDistribution(waitBounds),
  unsealed: 0,
});

function count(counts: StoreSeries, event: StoreEvent): void {
  switch (event.kind) {
    case 'state':
      counts.up = event.ready;
      return;
    case 'operation': {
      const { operation, durationMs } = event;
      counts.operations.add(operation, 'done');
      let durations = counts.durations.get(operation);
      if (durations === undefined)
        counts.durations.set(operation, (durations = createDistribution(operationBounds)));
      observe(durations, operationBoundsMs, durationMs);
      return;
    }
    case 'failure':
      counts.operations.add(event.operation, 'failed');
      return;
    case 'unsealed':
      counts.unsealed += 1;
      return;
    case 'lock_wait':
      observe(counts.waits, waitBoundsMs, event.waitedMs);
      return;
    case 'found':
    // Counted by middleware, with the tokens.
  }
}
