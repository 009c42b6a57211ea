import type { MetricsView } from '../../config/metrics-config.ts';
import type { Buckets, Series } from '../../workers/readings.ts';
import type { MetricName } from './catalogue.ts';
import type { SeriesByName } from './series.ts';

/** Histograms whose buckets are configured. */
const durations: ReadonlySet<string> = new Set<MetricName>([
  'grantgate_entrypoint_request_duration_seconds',
  'grantgate_router_request_duration_seconds',
  'grantgate_service_request_duration_seconds',
  'http.server.request.duration',
  'http.client.request.duration',
]);

/** Metrics of entry points, routers and services, by the prefix of their names. */
const scopes: readonly (readonly [prefixes: readonly string[], isShown: (view: MetricsView) => boolean])[] = [
  [['grantgate_entrypoint_'], ({ byEntryPoint }) => byEntryPoint],
  [['grantgate_router_'], ({ byRouter }) => byRouter],
  [['grantgate_service_', 'grantgate_server_', 'grantgate_upstream_'], ({ byService }) => byService],
];

/** Removes all series that a destination does not show. */
export function toShown(series: SeriesByName, view: MetricsView): SeriesByName {
  const hidden = scopes.flatMap(([prefixes, isShown]) => (isShown(view) ? [] : prefixes));
  return Object.fromEntries(
    Object.entries(series)
      .filter(([name]) => !hidden.some((prefix) => name.startsWith(prefix)))
      .map(([name, list]) => [name, durations.has(name) ? foldAll(list, view.buckets) : list]),
  );
}

const foldAll = (list: readonly Series[], bounds: readonly number[]): readonly Series[] =>
  list.map((one) =>
    one.buckets === undefined || one.buckets.bounds.length === bounds.length
      ? one
      : { ...one, buckets: fold(one.buckets, bounds) },
  );

/** @param to some of the bounds. */
function fold({ bounds, counts }: Buckets, to: readonly number[]): Buckets {
  const folded = [...to.map(() => 0), 0];
  let at = 0;
  counts.forEach((count, index) => {
    const bound = bounds[index] ?? Infinity;
    while (at < to.length && (to[at] ?? Infinity) < bound) at += 1;
    folded[at] = (folded[at] ?? 0) + count;
  });
  return { bounds: to, counts: folded };
}
