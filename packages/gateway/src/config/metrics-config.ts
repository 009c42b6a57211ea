import type { z } from 'zod';
import type { metricsSchema } from './metrics-schema.ts';
import { toOtlp, toResource, type OtlpConfig, type ResourceConfig } from './otlp-config.ts';

/** The requests that a destination of metrics shows, and its buckets. */
export interface MetricsView {
  /** Upper bounds of the histograms of durations, in seconds, ascending. */
  readonly buckets: readonly number[];
  /** Requests by entry point. */
  readonly byEntryPoint: boolean;
  /** Requests by router. */
  readonly byRouter: boolean;
  /** Requests by service, its servers and the connections to them. */
  readonly byService: boolean;
}

/** Everything that the destinations show, and that is therefore counted. */
export interface MetricsConfig extends MetricsView {
  /** Undefined: `/metrics` is not served. */
  readonly prometheus?: PrometheusConfig | undefined;
  /** Undefined: metrics are not exported. */
  readonly otlp?: MetricsExportConfig | undefined;
}

/** `/metrics`. */
export interface PrometheusConfig extends MetricsView {
  /** Undefined: no entry point serves it. */
  readonly entryPoint: string | undefined;
}

/** Metrics over OTLP. */
export interface MetricsExportConfig extends MetricsView {
  readonly resource: ResourceConfig;
  readonly otlp: OtlpConfig;
  /** Milliseconds between two exports. */
  readonly intervalMs: number;
}

type MetricsInput = z.output<typeof metricsSchema>;

/**
 * @param entryPoint serves `/metrics` unless another one is named.
 * @param at makes paths absolute.
 */
export function toMetrics(
  { prometheus, otlp }: MetricsInput,
  entryPoint: string | undefined,
  at: (path: string) => string,
): MetricsConfig | undefined {
  const served = prometheus && {
    entryPoint: prometheus.entryPoint ?? entryPoint,
    ...toView(prometheus, prometheus.buckets),
  };
  const exported = otlp && {
    resource: toResource(otlp),
    otlp: toOtlp(otlp, at),
    intervalMs: otlp.pushInterval,
    ...toView(otlp, otlp.explicitBoundaries),
  };
  const views = [served, exported].filter((view) => view !== undefined);
  if (views.length === 0) return undefined;
  return Object.freeze({
    prometheus: served && Object.freeze(served),
    otlp: exported && Object.freeze(exported),
    buckets: Object.freeze(
      [...new Set(views.flatMap(({ buckets }) => buckets))].sort((one, other) => one - other),
    ),
    byEntryPoint: views.some(({ byEntryPoint }) => byEntryPoint),
    byRouter: views.some(({ byRouter }) => byRouter),
    byService: views.some(({ byService }) => byService),
  });
}

type LabelSwitches = Pick<
  NonNullable<MetricsInput['otlp']>,
  'addEntryPointsLabels' | 'addRoutersLabels' | 'addServicesLabels'
>;

const toView = (written: LabelSwitches, buckets: readonly number[]): MetricsView => ({
  buckets: Object.freeze([...buckets]),
  byEntryPoint: written.addEntryPointsLabels,
  byRouter: written.addRoutersLabels,
  byService: written.addServicesLabels,
});
