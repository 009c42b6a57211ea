import type { TokenCache } from '@grantgate/middleware/cache/token-cache';
import type { EndpointStates } from '@grantgate/middleware/token/endpoint-state';
import type { EntryPoint } from '../entrypoints/entry-point.ts';
import type { Gauges } from '../observe/metrics/configuration-labels.ts';
import type { PresentedCertificates } from '../tls/presented-certificates.ts';
import type { Services } from '../upstream/create-upstream.ts';
import type { Cluster } from './cluster.ts';

/** Values that metrics read when they are scraped. */
export const toGauges = ({
  entryPoints,
  services,
  cluster,
  cache,
  endpoints,
  certificates,
}: {
  readonly entryPoints: readonly EntryPoint[];
  readonly services: Services;
  readonly cluster: Cluster;
  readonly cache: TokenCache;
  readonly endpoints: EndpointStates;
  readonly certificates: PresentedCertificates;
}): Gauges => ({
  connections: () => entryPoints.flatMap(toOpenConnections),
  servers: () => services.health(),
  origins: () => services.connections(),
  kubernetes: () => cluster.own?.status() ?? [],
  failingRenewals: () => cache.failingRenewals(),
  certificates: () => certificates.list(),
  tokenEndpoints: () =>
    endpoints.entries().map(({ url, use, state: { breaker, queue } }) => {
      const { active: inFlight, waiting } = queue.counts();
      return { url, use, isOpen: breaker.state().kind !== 'closed', inFlight, waiting };
    }),
});

function toOpenConnections(entryPoint: EntryPoint): readonly (readonly [string, OpenConnections])[] {
  const open = entryPoint.connections();
  return open === undefined ? [] : [[entryPoint.name, open]];
}

type OpenConnections = NonNullable<ReturnType<EntryPoint['connections']>>;
