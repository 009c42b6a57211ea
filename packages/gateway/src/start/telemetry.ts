import type { InstallConfig } from '../config/install-config.ts';
import type { LogExportConfig } from '../config/otlp-config.ts';
import type { Log } from '../observe/log.ts';
import type { LogsExport } from '../observe/logs-export.ts';
import type { MetricsExport } from '../observe/metrics/open-metrics-export.ts';
import type { SeriesByName } from '../observe/metrics/series.ts';
import type { ExportDeps } from '../observe/open-exporter.ts';
import type { ReadHeader } from '../observe/otlp-options.ts';
import type { OpenTracing } from '../observe/tracing/open-tracing.ts';
import { readInstallSecret } from '../secrets/install-secret.ts';
import { GatewayStartError } from '../start-error.ts';
import { readVersion } from '../version.ts';
import type { GatewayIo } from './gateway.ts';

/** Opens the exports that `tracing` configures; undefined without it. @throws GatewayStartError */
export async function openTracing(
  { tracing: config, entryPoints }: InstallConfig,
  { env, worker }: GatewayIo,
  log: Log,
): Promise<OpenTracing | undefined> {
  if (config === undefined || isDisabled(env)) return undefined;
  try {
    const { openTracing: open } = await import('../observe/tracing/open-tracing.ts');
    return await open(config, {
      ...toExportDeps(env, log, worker?.number),
      untraced: new Set(
        [...entryPoints.values()]
          .filter(({ observability }) => !observability.tracing)
          .map(({ name }) => name),
      ),
    });
  } catch (error) {
    throw toTelemetryError('tracing', error);
  }
}

/** Exports the metrics that `metrics.otlp` configures; undefined without it. @param read returns all metrics. @throws GatewayStartError */
export async function openMetricsExport(
  { metrics }: InstallConfig,
  { env, log, read }: MetricsExportParts,
): Promise<MetricsExport | undefined> {
  if (metrics?.otlp === undefined || isDisabled(env)) return undefined;
  try {
    const { openMetricsExport: open } = await import('../observe/metrics/open-metrics-export.ts');
    return await open(metrics.otlp, toExportDeps(env, log, undefined), read);
  } catch (error) {
    throw toTelemetryError('metrics.otlp', error);
  }
}

export interface MetricsExportParts {
  readonly env: GatewayIo['env'];
  readonly log: Log;
  readonly read: () => Promise<SeriesByName>;
}

const isDisabled = (env: GatewayIo['env']): boolean =>
  env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true';

const toExportDeps = (env: GatewayIo['env'], log: Log, worker: number | undefined): ExportDeps => ({
  log,
  env,
  version: readVersion(),
  worker,
  readHeader: createReadHeader(env),
});

/** Opens the export of a log; undefined without a configuration. @param option name of its option. @throws GatewayStartError */
export async function openLogsExport(
  option: 'log.otlp' | 'accessLog.otlp',
  config: LogExportConfig | undefined,
  { env, log, worker }: LogsExportParts,
): Promise<LogsExport | undefined> {
  if (config === undefined || isDisabled(env)) return undefined;
  try {
    const { openLogsExport: open } = await import('../observe/logs-export.ts');
    return await open(config, toExportDeps(env, log, worker));
  } catch (error) {
    throw toTelemetryError(option, error);
  }
}

export interface LogsExportParts {
  readonly env: GatewayIo['env'];
  /** Log for outages of the collector. */
  readonly log: Log;
  /** Number of this process among several. */
  readonly worker: number | undefined;
}

/** Reads the value of a header of exports: a text, `urn:env:VARIABLE` or `urn:file:PATH`. Throws when the value is missing. */
const createReadHeader =
  (env: GatewayIo['env']): ReadHeader =>
  (written) => {
    const secret = readInstallSecret(written, env);
    if ('fault' in secret) throw new Error(secret.fault);
    return secret.text;
  };

/** @param option of the install configuration that configures the export. */
function toTelemetryError(option: string, error: unknown): GatewayStartError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const isMissing = code === 'MODULE_NOT_FOUND' || code === 'ERR_MODULE_NOT_FOUND';
  return new GatewayStartError(
    'telemetry_unavailable',
    isMissing
      ? `${option} requires the packages of OpenTelemetry: install them beside grantgate, as docs/guide/opentelemetry.md lists them`
      : `${option} cannot be exported`,
    error,
  );
}
