import type { HrTime } from '@opentelemetry/api';
import type { DataPoint, MetricData, MetricDescriptor } from '@opentelemetry/sdk-metrics';
import type * as metricsSdk from '@opentelemetry/sdk-metrics';
import type { Series } from '../../workers/readings.ts';
import { exportedDefinitions, type MetricName } from './catalogue.ts';
import type { MetricDefinition } from './metric-definition.ts';
import type { SeriesByName } from './series.ts';

/** When counting began, and the current time. */
export interface Period {
  readonly startTime: HrTime;
  readonly endTime: HrTime;
}

/** Converts series to OpenTelemetry's form; counters and histograms are cumulative. */
export function toMetricData(series: SeriesByName, period: Period, sdk: typeof metricsSdk): MetricData[] {
  return Object.entries(exportedDefinitions).flatMap(([name, definition]) => {
    const list = series[name as MetricName] ?? [];
    return list.length === 0 ? [] : [toOneMetric(name, definition, list, { period, sdk })];
  });
}

interface DataParts {
  readonly period: Period;
  readonly sdk: typeof metricsSdk;
}

function toOneMetric(
  name: string,
  { type, help }: MetricDefinition,
  list: readonly Series[],
  { period, sdk: { AggregationTemporality, DataPointType } }: DataParts,
): MetricData {
  // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- DOUBLE: its package would be loaded for it alone
  const descriptor: MetricDescriptor = { name, description: help, unit: toUnit(name), valueType: 1 };
  const common = {
    descriptor,
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const toPoint = <T>(one: Series, value: T): DataPoint<T> => ({
    ...period,
    attributes: toAttributes(one.labels),
    value,
  });
  if (type === 'histogram')
    return {
      ...common,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: list.map((one) => {
        const { bounds = [], counts = [] } = one.buckets ?? {};
        return toPoint(one, {
          buckets: { boundaries: [...bounds], counts: [...counts] },
          sum: one.value,
          count: counts.reduce((sum, count) => sum + count, 0),
        });
      }),
    };
  const dataPoints = list.map((one) => toPoint(one, one.value));
  return type === 'gauge'
    ? { ...common, dataPointType: DataPointType.GAUGE, dataPoints }
    : { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints };
}

/** A unit of UCUM. */
function toUnit(name: string): string {
  if (/(?:_seconds(?:_total)?|\.duration)$/.test(name)) return 's';
  return name.endsWith('_bytes') ? 'By' : '';
}

/** Attributes with integer values. */
const numeric: ReadonlySet<string> = new Set(['http.response.status_code', 'server.port']);
const label = /([^=,"]+)="((?:[^"\\]|\\.)*)"/g;

/** The labels of a series one by one. @param labels as returned by `toLabels`. */
function toAttributes(labels: string): Record<string, string | number> {
  const attributes: Record<string, string | number> = {};
  for (const [, name = '', value = ''] of labels.matchAll(label)) {
    const text = value.replace(/\\(.)/g, (_all, char: string) => (char === 'n' ? '\n' : char));
    attributes[name] = numeric.has(name) ? Number(text) : text;
  }
  return attributes;
}
