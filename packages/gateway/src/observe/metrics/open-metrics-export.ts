import type { ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { MetricsExportConfig } from '../../config/metrics-config.ts';
import { openExporter, untilExported, type ExportDeps } from '../open-exporter.ts';
import { createResource } from '../otlp-resource.ts';
import { toMetricData } from './otlp-metrics.ts';
import type { SeriesByName } from './series.ts';
import { toShown } from './view.ts';

/** Sends the metrics of the whole gateway to a collector. */
export interface MetricsExport {
  /** Exports again, for at most 5 seconds. */
  close(): Promise<void>;
}

/**
 * Exports metrics every `intervalMs`. A slow export delays the next one, but no request.
 *
 * @param read returns all metrics.
 * @throws Error when a package is missing, or when a file or a reference of `metrics.otlp` cannot be read.
 */
export async function openMetricsExport(
  config: MetricsExportConfig,
  deps: ExportDeps,
  read: () => Promise<SeriesByName>,
): Promise<MetricsExport> {
  const sdk = await import('@opentelemetry/sdk-metrics');
  const exporter = await openExporter<ResourceMetrics>(config.otlp, deps, {
    signal: 'metrics',
    http: async () => (await import('@opentelemetry/exporter-metrics-otlp-proto')).OTLPMetricExporter,
    grpc: async () => (await import('@opentelemetry/exporter-metrics-otlp-grpc')).OTLPMetricExporter,
  });
  const resource = await createResource(config.resource, deps);
  const startTime = toHrTime(Date.now());
  const scope = { name: 'grantgate', version: deps.version };
  const reader = new sdk.PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: config.intervalMs,
    metricProducers: [
      {
        async collect() {
          const shown = toShown(await read(), config);
          const metrics = toMetricData(shown, { startTime, endTime: toHrTime(Date.now()) }, sdk);
          return { resourceMetrics: { resource, scopeMetrics: [{ scope, metrics }] }, errors: [] };
        },
      },
    ],
  });
  const provider = new sdk.MeterProvider({ resource, readers: [reader] });
  return { close: () => untilExported(provider.shutdown()) };
}

/** Seconds and nanoseconds. @param ms since the epoch. */
const toHrTime = (ms: number): [number, number] => [Math.floor(ms / 1000), Math.floor((ms % 1000) * 1e6)];
