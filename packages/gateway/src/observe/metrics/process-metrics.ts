import { readdirSync } from 'node:fs';
import {
  constants,
  monitorEventLoopDelay,
  PerformanceObserver,
  type PerformanceEntry,
} from 'node:perf_hooks';
import { createDistribution, observe, toBoundsMs, toHistogram, type Distribution } from './distribution.ts';
import { toLabels, toSeries, type SeriesByName } from './series.ts';

/** Resources that the process uses. */
export interface ProcessMetrics {
  read(): SeriesByName;
  close(): void;
}

/** Seconds. */
const gcBounds = [0.001, 0.01, 0.1, 1];
const gcBoundsMs = toBoundsMs(gcBounds);
const gcKinds: ReadonlyMap<number, string> = new Map([
  [constants.NODE_PERFORMANCE_GC_MINOR, 'minor'],
  [constants.NODE_PERFORMANCE_GC_MAJOR, 'major'],
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL, 'incremental'],
  [constants.NODE_PERFORMANCE_GC_WEAKCB, 'weak_callbacks'],
]);
/** Milliseconds between two checks of the delay of the event loop. */
const resolution = 20;
const nsPerSecond = 1e9;
const usPerSecond = 1e6;

/** Starts to watch garbage collection and the event loop. @param worker the label of this process. */
export function createProcessMetrics(worker: string): ProcessMetrics {
  const delay = monitorEventLoopDelay({ resolution });
  delay.enable();
  const collections = new Map<string, Distribution>();
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const kind = gcKinds.get(kindOf(entry)) ?? 'other';
      let distribution = collections.get(kind);
      if (distribution === undefined) collections.set(kind, (distribution = createDistribution(gcBounds)));
      observe(distribution, gcBoundsMs, entry.duration);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const startedAt = (Date.now() - process.uptime() * 1000) / 1000;
  return {
    read() {
      const { user, system } = process.cpuUsage();
      const memory = process.memoryUsage();
      const openFds = countOpenFds();
      // The measured time includes the time between two checks.
      const late = (ns: number): number => Math.max(0, ns / nsPerSecond - resolution / 1000);
      const delays = { '50': delay.percentile(50), '99': delay.percentile(99), '100': delay.max };
      delay.reset();
      return {
        process_cpu_seconds_total: [
          toSeries({ worker, mode: 'user' }, user / usPerSecond),
          toSeries({ worker, mode: 'system' }, system / usPerSecond),
        ],
        process_resident_memory_bytes: [toSeries({ worker }, memory.rss)],
        process_open_fds: openFds === undefined ? [] : [toSeries({ worker }, openFds)],
        process_start_time_seconds: [toSeries({ worker }, startedAt)],
        nodejs_heap_size_bytes: [
          toSeries({ worker, state: 'used' }, memory.heapUsed),
          toSeries({ worker, state: 'total' }, memory.heapTotal),
        ],
        nodejs_external_memory_bytes: [toSeries({ worker }, memory.external)],
        nodejs_eventloop_delay_seconds: Object.entries(delays).map(([percentile, ns]) =>
          toSeries({ worker, percentile }, late(ns)),
        ),
        nodejs_gc_duration_seconds: Array.from(collections, ([kind, distribution]) =>
          toHistogram(toLabels({ worker, kind }), distribution, gcBounds),
        ),
      };
    },
    close() {
      delay.disable();
      observer.disconnect();
    },
  };
}

const kindOf = ({ detail }: PerformanceEntry & { readonly detail?: unknown }): number =>
  (detail as { readonly kind?: number } | undefined)?.kind ?? 0;

/** Undefined where the system does not report it. */
function countOpenFds(): number | undefined {
  try {
    // The descriptor that reads the folder is among them.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return undefined;
  }
}
