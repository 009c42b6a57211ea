import type { Gauges, TokenEndpointGauge } from './configuration-labels.ts';
import { toSeries, type SeriesByName } from './series.ts';
import { toShownUrl } from './shown-url.ts';

/** Limits of token endpoints as they are now. Endpoints of one URL with different options are one series. */
export function readTokenEndpoints(endpoints: Gauges['tokenEndpoints']): SeriesByName {
  const byUrl = new Map<string, Omit<TokenEndpointGauge, 'url'>>();
  for (const { url, isOpen, inFlight, waiting } of endpoints()) {
    const shown = toShownUrl(url);
    const before = byUrl.get(shown) ?? { isOpen: false, inFlight: 0, waiting: 0 };
    byUrl.set(shown, {
      isOpen: before.isOpen || isOpen,
      inFlight: before.inFlight + inFlight,
      waiting: before.waiting + waiting,
    });
  }
  const toAll = (valueOf: (gauge: Omit<TokenEndpointGauge, 'url'>) => number) =>
    Array.from(byUrl, ([endpoint, gauge]) => toSeries({ endpoint }, valueOf(gauge)));
  return {
    grantgate_token_endpoint_circuit_open: toAll(({ isOpen }) => Number(isOpen)),
    grantgate_token_endpoint_requests_in_flight: toAll(({ inFlight }) => inFlight),
    grantgate_token_endpoint_requests_waiting: toAll(({ waiting }) => waiting),
  };
}
