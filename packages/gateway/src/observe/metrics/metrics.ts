import type { Clock } from '@grantgate/middleware/base/clock';
import type { StoreEvent } from '@grantgate/middleware/cache/store-event';
import type { Readings } from '../../workers/readings.ts';
import { createCircuitMetrics } from './circuit-metrics.ts';
import { createConfigurationMetrics } from './configuration-metrics.ts';
import { workersStore, type Gauges, type MetricsParts } from './configuration-labels.ts';
import { createDiscoveryMetrics, type DiscoveryMetrics } from './discovery-metrics.ts';
import { readTokenEndpoints } from './endpoint-metrics.ts';
import { createHttpDurations } from './http-durations.ts';
import { createFigures, type Figures } from './figures.ts';
import { createKeySetMetrics, type KeySetMetrics } from './key-set-metrics.ts';
import { createKubernetesMetrics, type KubernetesMetrics } from './kubernetes-metrics.ts';
import { createProcessMetrics } from './process-metrics.ts';
import { toSeries, type SeriesByName } from './series.ts';
import { createStoreMetrics } from './store-metrics.ts';

/** Counts of one process. They become series when they are read, not when they change. */
export interface Metrics extends Figures {
  onStoreEvent(store: string): (event: StoreEvent) => void;
  readonly onKubernetes: KubernetesMetrics['listen'];
  readonly onKubernetesCall: KubernetesMetrics['called'];
  readonly onDiscovery: DiscoveryMetrics['listen'];
  readonly onKeys: KeySetMetrics['listen'];
  read(): Readings;
  close(): void;
}

export interface MetricsOptions extends MetricsParts {
  readonly clock: Clock;
  /** Number of this process among several; undefined if it is the only one. */
  readonly worker: number | undefined;
  /** See `FiguresOptions`. Default: no. */
  readonly countsAll?: boolean;
}

export function createMetrics(options: MetricsOptions): Metrics {
  const { config, entryPoints, clock, worker, gauges, countsAll = false } = options;
  const speaks = worker === undefined || worker === 1;
  const figures = createFigures({
    ...{ config, countsAll },
    entryPoints: entryPoints.values(),
    failingRenewals: gauges.failingRenewals,
  });
  const { requests, tokens } = figures;
  const stores = createStoreMetrics();
  const discoveries = createDiscoveryMetrics();
  const configurations = createConfigurationMetrics({ clock, speaks, certificates: gauges.certificates });
  const keySets = createKeySetMetrics(clock);
  const circuits = createCircuitMetrics();
  const kubernetes = createKubernetesMetrics(gauges.kubernetes);
  const process = createProcessMetrics(String(worker ?? 1));
  const durations = config.otlp && createHttpDurations(config.buckets);
  let current: Readings['current'] = { router: [], service: [], middleware: [], store: [], issuer: [] };
  return {
    ...figures,
    onRecord(record) {
      figures.onRecord(record);
      durations?.count(record);
    },
    onStoreEvent: (store) => stores.listen(store),
    onKubernetes: (event) => kubernetes.listen(event),
    onKubernetesCall: (call) => kubernetes.called(call),
    onDiscovery: (event) => discoveries.listen(event),
    configure(configured) {
      const { routers, services, middlewares, issuers } = configured;
      const known = worker === undefined ? configured.stores : [...configured.stores, workersStore];
      requests.configure(configured);
      durations?.configure(services);
      stores.configure(known);
      discoveries.configure(issuers);
      configurations.loaded(configured);
      current = {
        router: config.byRouter ? Array.from(routers.keys()) : [],
        service: config.byService || durations !== undefined ? services : [],
        middleware: middlewares,
        store: known,
        issuer: issuers,
      };
    },
    onKeys: (report) => keySets.listen(report),
    onSteps(steps) {
      figures.onSteps(steps);
      circuits.configure(steps);
    },
    read: () => ({
      series: {
        ...requests.read(),
        ...durations?.read(),
        ...readGauges(gauges, config.byEntryPoint, new Set(config.byService ? current.service : [])),
        ...tokens.read(),
        ...readTokenEndpoints(gauges.tokenEndpoints),
        ...keySets.read(),
        ...circuits.read(),
        ...discoveries.read(),
        ...stores.read(),
        ...configurations.read(),
        ...kubernetes.read(),
        // With several processes, the primary counts these.
        ...(worker === undefined && { grantgate_workers: [toSeries({}, 1)] }),
        ...process.read(),
      } satisfies SeriesByName,
      current,
    }),
    close: () => process.close(),
  };
}

function readGauges(gauges: Gauges, byEntryPoint: boolean, services: ReadonlySet<string>): SeriesByName {
  const up = new Map<string, ReturnType<typeof toSeries>>();
  for (const { service, url, up: isUp } of gauges.servers()) {
    const series = toSeries({ service, url }, Number(isUp), service);
    if (services.has(service)) up.set(series.labels, series);
  }
  return {
    grantgate_entrypoint_open_connections: byEntryPoint
      ? gauges.connections().map(([entrypoint, open]) => toSeries({ entrypoint }, open))
      : [],
    grantgate_server_up: Array.from(up.values()),
    grantgate_upstream_connections:
      services.size === 0
        ? []
        : gauges
            .origins()
            .flatMap(({ origin, open, idle }) => [
              toSeries({ origin, state: 'active' }, open - idle),
              toSeries({ origin, state: 'idle' }, idle),
            ]),
  };
}
