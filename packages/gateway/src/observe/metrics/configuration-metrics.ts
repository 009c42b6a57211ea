import type { Clock } from '@grantgate/middleware/base/clock';
import type { ConfigurationLabels, Gauges } from './configuration-labels.ts';
import { toSeries, type SeriesByName } from './series.ts';

/** Counts configurations of routes, and the expiry times of certificates. */
export interface ConfigurationMetrics {
  loaded(configured: ConfigurationLabels): void;
  read(): SeriesByName;
}

export interface ConfigurationMetricsParts extends Pick<Gauges, 'certificates'> {
  readonly clock: Clock;
  /** Whether this process counts configurations; only one of several that load the same ones does. */
  readonly speaks: boolean;
}

export function createConfigurationMetrics({
  clock,
  speaks,
  certificates,
}: ConfigurationMetricsParts): ConfigurationMetrics {
  let reloads = 0;
  let failures = 0;
  let succeededAt: number | undefined;
  let isSuccessful: boolean | undefined;
  let routers = { sound: 0, broken: 0 };
  let middlewares = { sound: 0, broken: 0 };
  return {
    loaded(configured) {
      reloads += 1;
      isSuccessful = !configured.faulty;
      if (configured.faulty) failures += 1;
      else succeededAt = clock.now() / 1000;
      const { broken } = configured;
      routers = { sound: configured.routers.size - broken, broken };
      const refusing = configured.brokenMiddlewares.length;
      middlewares = { sound: configured.middlewares.length - refusing, broken: refusing };
    },
    read: () => ({
      ...(speaks && {
        grantgate_config_reloads_total: [toSeries({}, reloads)],
        grantgate_config_reload_failures_total: [toSeries({}, failures)],
        grantgate_config_last_reload_successful:
          isSuccessful === undefined ? [] : [toSeries({}, Number(isSuccessful))],
        grantgate_config_last_reload_success_timestamp_seconds:
          succeededAt === undefined ? [] : [toSeries({}, succeededAt)],
        grantgate_config_routers: Object.entries(routers).map(([state, count]) => toSeries({ state }, count)),
        grantgate_config_middlewares: Object.entries(middlewares).map(([state, count]) =>
          toSeries({ state }, count),
        ),
      }),
      grantgate_certificate_not_after_timestamp_seconds: certificates().map(
        ({ entryPoint, commonName, serial, notAfter }) =>
          toSeries({ entrypoint: entryPoint, cn: commonName, serial }, notAfter / 1000),
      ),
    }),
  };
}
