import type { Clock } from '@grantgate/middleware/base/clock';
import type { InstallConfig } from '../config/install-config.ts';
import type { Log } from '../observe/log.ts';
import type { Gauges } from '../observe/metrics/configuration-labels.ts';
import type { Figures } from '../observe/metrics/figures.ts';
import type { Metrics } from '../observe/metrics/metrics.ts';
import type { MetricsExport } from '../observe/metrics/open-metrics-export.ts';
import { toBuildInfo, type SeriesByName } from '../observe/metrics/series.ts';
import { readVersion } from '../version.ts';
import type { AdminParts } from './admin-options.ts';
import type { GatewayIo } from './gateway.ts';
import { openMetricsExport } from './telemetry.ts';

// Loaded on demand, because every module delays the start and only some configurations need it.
export async function openMetrics(
  { metrics: config, entryPoints, api }: InstallConfig,
  { worker }: GatewayIo,
  clock: Clock,
  gauges: Gauges,
): Promise<Metrics | undefined> {
  if (config === undefined) return undefined;
  const { createMetrics } = await import('../observe/metrics/metrics.ts');
  const countsAll = api !== undefined;
  return createMetrics({ config, entryPoints, clock, worker: worker?.number, gauges, countsAll });
}

/** The API counts requests and tokens, too. */
export async function openFigures(
  { api, entryPoints }: InstallConfig,
  { failingRenewals }: Gauges,
): Promise<Figures | undefined> {
  if (api === undefined) return undefined;
  const { createFigures } = await import('../observe/metrics/figures.ts');
  return createFigures({ entryPoints: entryPoints.values(), failingRenewals, countsAll: true });
}

/** Exports the metrics of this process; with several processes, the primary exports for all of them. */
export async function openOwnExport(
  install: InstallConfig,
  { env, worker }: GatewayIo,
  log: Log,
  metrics: Metrics,
): Promise<MetricsExport | undefined> {
  if (worker !== undefined) return undefined;
  return openMetricsExport(install, { env, log, read: async () => readAll(metrics) });
}

const readAll = (metrics: Metrics): SeriesByName => ({
  ...metrics.read().series,
  ...toBuildInfo(readVersion()),
});

/** `/metrics`: metrics of the whole gateway, in the text format; undefined without `metrics.prometheus`. */
export function toMetricsPage(
  install: InstallConfig,
  metrics: Metrics | undefined,
  worker: GatewayIo['worker'],
): AdminParts['metrics'] {
  const view = install.metrics?.prometheus;
  if (metrics === undefined || view === undefined) return undefined;
  return async () => {
    const { textType, writeText } = await import('../observe/metrics/text.ts');
    const { toShown } = await import('../observe/metrics/view.ts');
    return {
      type: textType,
      text:
        worker === undefined
          ? writeText({ series: toShown(readAll(metrics), view) })
          : await worker.metrics(),
    };
  };
}
