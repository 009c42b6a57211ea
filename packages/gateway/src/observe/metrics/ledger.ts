import type { Buckets, Readings, Series, SeriesSubject } from '../../workers/readings.ts';
import type { MetricName } from './catalogue.ts';
import { exportedDefinitions as definitions } from './catalogue.ts';
import type { MetricDefinition } from './metric-definition.ts';
import type { SeriesByName } from './series.ts';

/** Adds up the counts of several processes, including exited ones, so that no counter decreases when a process exits. */
export interface Ledger {
  /** Takes over the counts of a process that has exited. */
  end(readings: Readings): void;
  /**
   * Takes several turns of the event loop.
   *
   * @param live counts of the running processes, the newest last.
   * @param more counts of the process that adds up.
   */
  total(live: readonly Readings[], more?: SeriesByName): Promise<SeriesByName>;
}

export function createLedger(): Ledger {
  let ended: Readings['series'] = {};
  const toParts = (live: readonly Readings[], more: SeriesByName): readonly Readings['series'][] => {
    // Drops names that no process reports any more: they have left the configuration. Until a process reports its names, all
    // stay.
    if (live.length > 0) ended = prune(ended, toCurrent(live));
    return [ended, ...live.map(({ series }) => series), more];
  };
  return {
    end({ series }) {
      const counted = Object.entries(series).filter(([name]) => definitionOf(name)?.type !== 'gauge');
      ended = Object.fromEntries(merge([ended, Object.fromEntries(counted)]));
    },
    async total(live, more = {}) {
      const merged: [string, readonly Series[]][] = [];
      for (const metric of merge(toParts(live, more))) {
        merged.push(metric);
        await new Promise((resolve) => setImmediate(resolve));
      }
      return Object.fromEntries(merged);
    },
  };
}

const definitionOf = (name: string): MetricDefinition | undefined =>
  Object.hasOwn(definitions, name) ? definitions[name as MetricName] : undefined;

type Current = Readonly<Record<SeriesSubject, ReadonlySet<string>>>;

function toCurrent(live: readonly Readings[]): Current {
  const of = (subject: SeriesSubject): ReadonlySet<string> =>
    new Set(live.flatMap(({ current }) => current[subject]));
  return {
    router: of('router'),
    service: of('service'),
    middleware: of('middleware'),
    store: of('store'),
    issuer: of('issuer'),
  };
}

function prune(series: Readings['series'], current: Current): Readings['series'] {
  return Object.fromEntries(
    Object.entries(series).map(([name, list]) => {
      const subject = definitionOf(name)?.subject;
      const isKept = ({ of }: Series): boolean =>
        subject === undefined || of === undefined || of === '' || current[subject].has(of);
      return [name, list.filter(isKept)];
    }),
  );
}

function* merge(parts: readonly Readings['series'][]): Generator<[string, readonly Series[]]> {
  for (const [name, definition] of Object.entries(definitions)) {
    const lists = parts.flatMap((part) => (part[name] === undefined ? [] : [part[name]]));
    if (lists.length > 0) yield [name, mergeLists(definition, lists)];
  }
}

function mergeLists(
  { merge: how }: MetricDefinition,
  lists: readonly (readonly Series[])[],
): readonly Series[] {
  const [only] = lists;
  if (only !== undefined && lists.length === 1) return only;
  const byLabels = new Map<string, Series>();
  for (const list of lists)
    for (const series of list) {
      const known = byLabels.get(series.labels);
      byLabels.set(series.labels, known === undefined ? series : mergeTwo(known, series, how));
    }
  return [...byLabels.values()];
}

function mergeTwo(older: Series, newer: Series, how: MetricDefinition['merge']): Series {
  if (newer.buckets !== undefined) {
    const buckets = addBuckets(older.buckets, newer.buckets);
    // These were counted in other buckets, under another configuration.
    if (buckets === undefined) return newer;
    return { ...newer, value: older.value + newer.value, buckets };
  }
  if (how !== undefined) return { ...newer, value: Math[how](older.value, newer.value) };
  return { ...newer, value: older.value + newer.value };
}

function addBuckets(older: Buckets | undefined, newer: Buckets): Buckets | undefined {
  const { bounds, counts } = newer;
  if (older?.bounds.length !== bounds.length) return undefined;
  if (older.bounds.some((bound, index) => bound !== bounds[index])) return undefined;
  return { bounds, counts: counts.map((count, index) => count + (older.counts[index] ?? 0)) };
}
