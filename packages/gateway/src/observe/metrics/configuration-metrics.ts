import { X509Certificate } from 'node:crypto';
import type { Clock } from '@grantgate/middleware/base/clock';
import type { ConfigurationLabels } from './configuration-labels.ts';
import { toSeries, type SeriesByName } from './series.ts';

/** Counts configurations of routes, and knows when certificates expire. */
export interface ConfigurationMetrics {
  loaded(configured: ConfigurationLabels): void;
  /** The certificates that an entry point has from now on, PEM. */
  certificates(entryPoint: string, certificates: readonly { readonly cert: string | Buffer }[]): void;
  read(): SeriesByName;
}

interface Expiry {
  readonly labels: { readonly entrypoint: string; readonly cn: string; readonly serial: string };
  /** Seconds since the epoch. */
  readonly notAfter: number;
}

/** @param speaks whether this process counts configurations; of several that load the same ones, one does. */
export function createConfigurationMetrics(clock: Clock, speaks: boolean): ConfigurationMetrics {
  let reloads = 0;
  let failures = 0;
  let succeededAt: number | undefined;
  let routers = { sound: 0, broken: 0 };
  let middlewares = { sound: 0, broken: 0 };
  const expiries = new Map<string, readonly Expiry[]>();
  return {
    loaded(configured) {
      reloads += 1;
      if (configured.faulty) failures += 1;
      else succeededAt = clock.now() / 1000;
      const { broken } = configured;
      routers = { sound: configured.routers.size - broken, broken };
      const refusing = configured.brokenMiddlewares.length;
      middlewares = { sound: configured.middlewares.length - refusing, broken: refusing };
    },
    certificates(entryPoint, certificates) {
      expiries.set(
        entryPoint,
        certificates.map(({ cert }) => toExpiry(entryPoint, new X509Certificate(cert))),
      );
    },
    read: () => ({
      ...(speaks && {
        grantgate_config_reloads_total: [toSeries({}, reloads)],
        grantgate_config_reload_failures_total: [toSeries({}, failures)],
        grantgate_config_last_reload_success_timestamp_seconds:
          succeededAt === undefined ? [] : [toSeries({}, succeededAt)],
        grantgate_config_routers: Object.entries(routers).map(([state, count]) => toSeries({ state }, count)),
        grantgate_config_middlewares: Object.entries(middlewares).map(([state, count]) =>
          toSeries({ state }, count),
        ),
      }),
      grantgate_certificate_not_after_timestamp_seconds: distinct(
        Array.from(expiries.values())
          .flat()
          .map(({ labels, notAfter }) => toSeries(labels, notAfter)),
      ),
    }),
  };
}

function toExpiry(entrypoint: string, { subject, serialNumber, validTo }: X509Certificate): Expiry {
  const cn = /^CN=(.*)$/m.exec(subject)?.[1] ?? '';
  return { labels: { entrypoint, cn, serial: serialNumber }, notAfter: Date.parse(validTo) / 1000 };
}

/** A certificate that an entry point has twice is one series. */
const distinct = <T extends { readonly labels: string }>(series: readonly T[]): readonly T[] =>
  Array.from(new Map(series.map((one) => [one.labels, one])).values());
