import type { CollectionResult } from '../../workers/collection.ts';
import type { WorkerEvent } from '../../workers/event.ts';
import type { Readings } from '../../workers/readings.ts';
import type { ResourceStatus } from '../../providers/kubernetes/resource-status.ts';
import { createKubernetesMetrics, type KubernetesMetrics } from './kubernetes-metrics.ts';
import { createLedger } from './ledger.ts';
import type { ProcessMetrics } from './process-metrics.ts';
import { createProcessMetrics } from './process-metrics.ts';
import { toSeries, type SeriesByName, toBuildInfo } from './series.ts';

/** The metrics of a gateway with workers, as its primary merges them. */
export interface PrimaryMetrics {
  onEvent(event: WorkerEvent): void;
  /** Called with the counts of a worker that has exited. */
  onEnded(readings: Readings): void;
  readonly onKubernetes: KubernetesMetrics['listen'];
  readonly onKubernetesCall: KubernetesMetrics['called'];
  /** @param serving workers that are ready. */
  read(collected: CollectionResult, serving: number, version: string): Promise<SeriesByName>;
  close(): void;
}

const countedEvents = ['ready', 'crashed', 'start_failed', 'killed', 'restarted', 'restart_failed'] as const;

/**
 * Watches this process from the first request for its metrics: without requests, it costs nothing.
 *
 * @param status how the resources of a cluster are followed; none without one.
 */
export function createPrimaryMetrics(status: () => readonly ResourceStatus[]): PrimaryMetrics {
  const ledger = createLedger();
  const kubernetes = createKubernetesMetrics(status);
  // Starts at zero, so that a monitoring system sees the first one as an increase.
  const events = new Map<WorkerEvent['kind'], number>(countedEvents.map((kind) => [kind, 0]));
  let process: ProcessMetrics | undefined;
  return {
    onEvent({ kind }) {
      const count = events.get(kind);
      if (count !== undefined) events.set(kind, count + 1);
    },
    onEnded: (readings) => ledger.end(readings),
    onKubernetes: (event) => kubernetes.listen(event),
    onKubernetesCall: (call) => kubernetes.called(call),
    read({ readings, late }, serving, version) {
      process ??= createProcessMetrics('primary');
      const own: SeriesByName = {
        grantgate_workers: [toSeries({}, serving)],
        grantgate_workers_not_answering: [toSeries({}, late)],
        grantgate_worker_events_total: Array.from(events, ([event, count]) => toSeries({ event }, count)),
        ...toBuildInfo(version),
        ...kubernetes.read(),
        ...process.read(),
      };
      return ledger.total(readings, own);
    },
    close: () => process?.close(),
  };
}
