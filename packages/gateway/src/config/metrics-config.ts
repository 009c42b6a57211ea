import { duration } from '@grantgate/middleware/options/duration';
import type { OptionsOf } from '@grantgate/middleware/options/options-of';
import { z } from 'zod';
import { otlpResource, otlpTransport, toOtlp, toResource } from './otlp-config.ts';
import { respondingEntryPoint } from './responding-entry-point.ts';

/** Maximum number of bounds of a histogram; each costs a series per set of labels. */
const maxBuckets = 64;

const bounds = z
  .array(z.number().positive())
  .min(1)
  .max(maxBuckets)
  .refine((numbers) => numbers.every((bound, index) => index === 0 || bound > (numbers[index - 1] ?? 0)), {
    error: 'expected ascending numbers',
  });

/** Which requests one destination shows. */
const labels = {
  addEntryPointsLabels: z.boolean().default(true).describe('Counts requests by entry point.'),
  addRoutersLabels: z.boolean().default(false).describe('Counts requests by router.'),
  addServicesLabels: z
    .boolean()
    .default(true)
    .describe('Counts requests by service, and shows the health of its servers and the connections to them.'),
};

const prometheus = z.strictObject({
  entryPoint: respondingEntryPoint,
  buckets: bounds
    .default([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.03, 0.1, 0.3, 1.2, 5])
    .describe('Upper bounds of the duration histograms, in seconds.'),
  ...labels,
});

const otlp = z.strictObject({
  ...otlpTransport('metrics'),
  ...otlpResource,
  ...labels,
  explicitBoundaries: bounds
    .default([0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10])
    .describe('Upper bounds of the duration histograms of requests, in seconds.'),
  pushInterval: duration
    .refine((ms) => ms >= 1, { error: 'expected a duration of at least 1ms' })
    .prefault('10s')
    .describe('Time between two exports.'),
});

/** `metrics` of the install configuration. */
export const metricsSchema = z.strictObject({
  prometheus: prometheus.optional().describe('Serves `/metrics`, in the text format of Prometheus.'),
  otlp: otlp.optional().describe('Exports the same metrics, and those of the semantic conventions of HTTP.'),
});

type MetricsInput = z.output<typeof metricsSchema>;

/**
 * @param entryPoint serves `/metrics` unless another one is named.
 * @param at makes paths absolute.
 */
export function toMetrics(
  { prometheus: written, otlp: exported }: MetricsInput,
  entryPoint: string | undefined,
  at: (path: string) => string,
) {
  const prometheus = written && {
    /** Undefined: no entry point serves it. */
    entryPoint: written.entryPoint ?? entryPoint,
    ...toView(written, written.buckets),
  };
  const otlp = exported && {
    resource: toResource(exported),
    otlp: toOtlp(exported, at),
    /** Milliseconds between two exports. */
    intervalMs: exported.pushInterval,
    ...toView(exported, exported.explicitBoundaries),
  };
  const views = [prometheus, otlp].filter((view) => view !== undefined);
  if (views.length === 0) return undefined;
  return { prometheus, otlp, ...joinViews(views) };
}

/** The requests that a destination of metrics shows, and its buckets. */
const toView = (
  { addEntryPointsLabels, addRoutersLabels, addServicesLabels }: z.output<z.ZodObject<typeof labels>>,
  buckets: readonly number[],
) => ({
  /** Upper bounds of the histograms of durations, in seconds, ascending. */
  buckets: [...buckets],
  byEntryPoint: addEntryPointsLabels,
  byRouter: addRoutersLabels,
  /** Requests by service, its servers and the connections to them. */
  byService: addServicesLabels,
});

export type MetricsView = OptionsOf<ReturnType<typeof toView>>;

/** Everything that the destinations show, and that is therefore counted. */
const joinViews = (views: readonly MetricsView[]) => ({
  buckets: [...new Set(views.flatMap(({ buckets }) => buckets))].sort((one, other) => one - other),
  byEntryPoint: views.some(({ byEntryPoint }) => byEntryPoint),
  byRouter: views.some(({ byRouter }) => byRouter),
  byService: views.some(({ byService }) => byService),
});

/** Metrics over OTLP. */
export type MetricsExportConfig = NonNullable<NonNullable<OptionsOf<ReturnType<typeof toMetrics>>>['otlp']>;
