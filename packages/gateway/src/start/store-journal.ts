import type { Channel } from '@grantgate/middleware/base/channel';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { RedisStoreOptions } from '@grantgate/middleware/cache/redis/options';
import type { StoreEvent } from '@grantgate/middleware/cache/store-event';
import type { StoreNumbers } from '../admin/api/process-source.ts';
import { toStoreName, workersStore } from '../observe/metrics/configuration-labels.ts';
import type { StoreUse } from './find-stores.ts';

/** History of the stores, for the API. */
export interface StoreJournal {
  /** Records the events of a store. @param redis undefined: the store that workers share. */
  follow(redis: RedisStoreOptions | undefined, events: Channel<StoreEvent>): void;
  /** The stores from now on; others are forgotten. */
  configure(uses: readonly StoreUse[]): void;
  list(): readonly StoreNumbers[];
}

/** Number of operations whose durations are kept. */
const keptDurations = 256;

type StoreHistory = {
  -readonly [Name in Exclude<keyof StoreNumbers, keyof StoreDescription | 'durationsMs'>]: StoreNumbers[Name];
} & { readonly durationsMs: number[] };

const createHistory = (): StoreHistory => ({
  ...{ ready: undefined, since: undefined, reason: undefined },
  ...{ operations: 0, failures: 0, unsealed: 0 },
  ...{ lastSuccessAt: undefined, lastFailure: undefined, durationsMs: [] },
});

export function createStoreJournal(clock: Clock): StoreJournal {
  const histories = new Map<string, StoreHistory>();
  let stores: ReadonlyMap<string, StoreDescription> = new Map();
  let hasWorkers = false;
  return {
    follow(redis, events) {
      hasWorkers ||= redis === undefined;
      const key = redis === undefined ? workersStore : toKey(redis);
      events.subscribe((event) => {
        let history = histories.get(key);
        if (history === undefined) histories.set(key, (history = createHistory()));
        note(history, event, clock.now());
      });
    },
    configure(uses) {
      stores = describeStores(uses);
      for (const key of histories.keys()) if (!stores.has(key) && key !== workersStore) histories.delete(key);
    },
    list: () =>
      [...(hasWorkers ? [[workersStore, shared] as const] : []), ...stores].map(([key, description]) => ({
        ...description,
        ...(histories.get(key) ?? createHistory()),
      })),
  };
}

type StoreDescription = Pick<
  StoreNumbers,
  'name' | 'topology' | 'masterSet' | 'database' | 'tls' | 'middlewares'
>;

const shared: StoreDescription = Object.freeze({
  name: workersStore,
  topology: 'workers',
  masterSet: undefined,
  database: undefined,
  tls: false,
  middlewares: [],
});

/** Connections of the same user to the same database count as one store. */
const toKey = (redis: RedisStoreOptions): string => {
  const { cluster, database, sentinel, username } = redis;
  return JSON.stringify([toStoreName(redis), cluster, database, sentinel?.masterSet, username]);
};

function describeStores(uses: readonly StoreUse[]): ReadonlyMap<string, StoreDescription> {
  const stores = new Map<string, StoreDescription>();
  for (const { redis, middleware } of uses) {
    const key = toKey(redis);
    const middlewares = [...(stores.get(key)?.middlewares ?? []), middleware];
    const { cluster, database, sentinel, tls } = redis;
    stores.set(key, {
      name: toStoreName(redis),
      topology: cluster ? 'cluster' : sentinel === undefined ? 'single' : 'sentinel',
      masterSet: sentinel?.masterSet,
      database: cluster ? undefined : database,
      tls: tls !== undefined,
      middlewares,
    });
  }
  return stores;
}

function note(history: StoreHistory, event: StoreEvent, at: number): void {
  switch (event.kind) {
    case 'state':
      if (event.ready !== history.ready) history.since = at;
      history.ready = event.ready;
      history.reason = event.reason;
      return;
    case 'operation':
      history.durationsMs[history.operations % keptDurations] = event.durationMs;
      history.operations += 1;
      history.lastSuccessAt = at;
      return;
    case 'failure':
      history.failures += 1;
      history.lastFailure = { at, operation: event.operation, reason: event.reason };
      return;
    case 'unsealed':
      history.unsealed += 1;
      return;
    case 'found':
    case 'lock_wait':
    // Counted by middleware, with the tokens.
  }
}
