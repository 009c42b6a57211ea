import type { Gauges, TokenEndpointGauge } from './configuration-labels.ts';
import { toSeries, type SeriesByName } from './series.ts';
import { toShownUrl } from './shown-url.ts';

/** Current limits of token and introspection endpoints. Endpoints with one URL and different options are one series. */
export function readTokenEndpoints(endpoints: Gauges['tokenEndpoints']): SeriesByName {
  const byLabels = new Map<string, TokenEndpointGauge>();
  for (const { url, use, isOpen, inFlight, waiting } of endpoints()) {
    const shown = toShownUrl(url);
    const key = `${use} ${shown}`;
    const before = byLabels.get(key) ?? { isOpen: false, inFlight: 0, waiting: 0 };
    byLabels.set(key, {
      url: shown,
      use,
      isOpen: before.isOpen || isOpen,
      inFlight: before.inFlight + inFlight,
      waiting: before.waiting + waiting,
    });
  }
  const toAll = (valueOf: (gauge: TokenEndpointGauge) => number) =>
    Array.from(byLabels.values(), (gauge) =>
      toSeries({ endpoint: gauge.url, use: gauge.use }, valueOf(gauge)),
    );
  return {
    grantgate_token_endpoint_circuit_open: toAll(({ isOpen }) => Number(isOpen)),
    grantgate_token_endpoint_requests_in_flight: toAll(({ inFlight }) => inFlight),
    grantgate_token_endpoint_requests_waiting: toAll(({ waiting }) => waiting),
  };
}
