import { toLatency } from './latency.ts';
import { toTime } from './to-time.ts';
import type { StoreNumbers } from './process-source.ts';
import type { StoreView } from './store-shape.ts';

/** Merges the stores of several processes; unavailable ones come first. */
export function mergeStores(readings: readonly (readonly StoreNumbers[])[]): readonly StoreView[] {
  const byStore = new Map<string, StoreNumbers[]>();
  for (const numbers of readings.flat()) {
    const { name, topology, database, masterSet, middlewares } = numbers;
    const key = JSON.stringify([name, topology, database, masterSet, middlewares]);
    const known = byStore.get(key);
    if (known === undefined) byStore.set(key, [numbers]);
    else known.push(numbers);
  }
  return Array.from(byStore.values(), toStoreView).sort(
    (a, b) => order.indexOf(a.status) - order.indexOf(b.status) || (a.name < b.name ? -1 : 1),
  );
}

const order: readonly StoreView['status'][] = ['unavailable', 'failing', 'unknown', 'available'];

function toStoreView(all: readonly StoreNumbers[]): StoreView {
  const [{ name, topology, masterSet, database, tls, middlewares }] = all as readonly [StoreNumbers];
  const down = all.filter(({ ready }) => ready === false);
  const up = all.filter(({ ready }) => ready === true);
  const sum = (key: 'operations' | 'failures' | 'unsealed'): number =>
    all.reduce((total, numbers) => total + numbers[key], 0);
  const successes = all.flatMap(({ lastSuccessAt }) => lastSuccessAt ?? []);
  const failures = all.flatMap(({ lastFailure }) => lastFailure ?? []).sort((a, b) => b.at - a.at);
  // The start of the whole outage, or the time from which every process has been connected.
  const since =
    down.length > 0 ? Math.min(...toSince(down)) : up.length > 0 ? Math.max(...toSince(up)) : undefined;
  return {
    ...{ name, topology, tls },
    masterSet: masterSet ?? null,
    database: database ?? null,
    middlewares: [...middlewares],
    status: down.length > 0 ? 'unavailable' : up.length === 0 ? 'unknown' : toHealth(up),
    since: toTimeOrNull(since),
    reason: down.find(({ reason }) => reason !== undefined)?.reason ?? null,
    workers: { total: all.length, unavailable: down.length },
    operations: sum('operations'),
    failures: sum('failures'),
    invalidEntries: sum('unsealed'),
    lastSuccess: toTimeOrNull(successes.length > 0 ? Math.max(...successes) : undefined),
    lastFailure: failures[0] === undefined ? null : { ...failures[0], at: toTime(failures[0].at) },
    latencyMs: toLatency(all.flatMap(({ durationsMs }) => durationsMs)),
  };
}

const toSince = (all: readonly StoreNumbers[]): readonly number[] => all.flatMap(({ since }) => since ?? []);

const toTimeOrNull = (ms: number | undefined): string | null =>
  ms === undefined || !Number.isFinite(ms) ? null : toTime(ms);

/** State of a connected store, by the last operation of each process. */
const toHealth = (all: readonly StoreNumbers[]): 'available' | 'failing' =>
  all.some(({ lastFailure, lastSuccessAt = 0 }) => (lastFailure?.at ?? -1) > lastSuccessAt)
    ? 'failing'
    : 'available';
