import type { Series } from '../../workers/readings.ts';
import type { MetricName } from './catalogue.ts';

/** The series of some metrics. */
export type SeriesByName = Partial<Record<MetricName, readonly Series[]>>;

/** Labels in the text format. */
export function toLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escapeValue(value)}"`)
    .join(',');
}

/** Names come from files that people write: a line break in a name must not end the line. */
const escapeValue = (value: string): string =>
  /["\\\n\r]/.test(value)
    ? value
        .replaceAll('\\', '\\\\')
        .replaceAll('"', '\\"')
        .replaceAll('\n', '\\n')
        // The format has no escape for it, and some readers end a line there.
        .replaceAll('\r', ' ')
    : value;

/** A series of a counter or a gauge. */
export const toSeries = (labels: Readonly<Record<string, string>>, value: number, of?: string): Series => ({
  labels: toLabels(labels),
  of,
  value,
});

/** The part that is equal for every process. */
export const toBuildInfo = (version: string): SeriesByName => ({
  grantgate_build_info: [toSeries({ version, node: process.version }, 1)],
});
