import type { ApiCall, ApiEvent } from '../../providers/kubernetes/api-event.ts';
import type { ResourceStatus } from '../../providers/kubernetes/resource-status.ts';
import { toSeries, type SeriesByName } from './series.ts';

/** Counts the calls to a Kubernetes API server. */
export interface KubernetesMetrics {
  listen(event: ApiEvent): void;
  called(call: ApiCall): void;
  read(): SeriesByName;
}

interface Calls {
  readonly verb: string;
  readonly resource: string;
  readonly code: string;
  count: number;
}

/** @param status how the resources are followed; none without a cluster. */
export function createKubernetesMetrics(status: () => readonly ResourceStatus[]): KubernetesMetrics {
  const calls = new Map<string, Calls>();
  const refused = new Map<string, number>();
  return {
    listen(event) {
      if (event.kind === 'event_refused') refused.set(event.reason, (refused.get(event.reason) ?? 0) + 1);
    },
    called({ verb, resource, code }) {
      const key = `${verb} ${resource} ${code}`;
      const known = calls.get(key);
      if (known === undefined) calls.set(key, { verb, resource, code, count: 1 });
      else known.count += 1;
    },
    read() {
      const resources = status();
      return {
        grantgate_kubernetes_requests_total: Array.from(calls.values(), ({ count, ...labels }) =>
          toSeries(labels, count),
        ),
        grantgate_kubernetes_events_refused_total: Array.from(refused, ([reason, count]) =>
          toSeries({ reason }, count),
        ),
        grantgate_kubernetes_watches_open: resources.map(({ resource, watches }) =>
          toSeries({ resource }, watches),
        ),
        grantgate_kubernetes_synced: resources.map(({ resource, synced }) =>
          toSeries({ resource }, Number(synced)),
        ),
        grantgate_kubernetes_silence_seconds: resources.flatMap(({ resource, silentMs }) =>
          silentMs === undefined ? [] : [toSeries({ resource }, silentMs / 1000)],
        ),
      };
    },
  };
}
