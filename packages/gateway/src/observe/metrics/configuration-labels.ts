import type { TokenTally } from '@grantgate/middleware/cache/token-tally';
import type { EndpointPurpose } from '@grantgate/middleware/token/endpoint-state';
import type { InstallConfig } from '../../config/install-config.ts';
import type { PresentedCertificate } from '../../tls/presented-certificates.ts';
import type { ResourceStatus } from '../../providers/kubernetes/resource-status.ts';

/** Names in a configuration of routes. They are label values of series that exist as long as their objects. */
export interface ConfigurationLabels {
  /** Qualified name of each router, and of its service. */
  readonly routers: ReadonlyMap<string, string>;
  /** Routers that refuse every request. */
  readonly broken: number;
  /** Names of the middlewares and chains that refuse every request, whether a router uses them or not. */
  readonly brokenMiddlewares: readonly string[];
  readonly services: readonly string[];
  /** Includes chains. */
  readonly middlewares: readonly string[];
  /** As returned by `toStoreName`. */
  readonly stores: readonly string[];
  readonly issuers: readonly string[];
  /** Whether it has any error. */
  readonly faulty: boolean;
}

/** State that is read on demand. */
export interface Gauges {
  /** Entry points with their open connections. */
  readonly connections: () => readonly (readonly [entryPoint: string, open: number])[];
  readonly servers: () => readonly {
    readonly service: string;
    readonly url: string;
    readonly up: boolean;
  }[];
  readonly origins: () => readonly {
    readonly origin: string;
    readonly open: number;
    readonly idle: number;
  }[];
  /** How resources of a Kubernetes cluster are followed; none without one. */
  readonly kubernetes: () => readonly ResourceStatus[];
  /** Token and introspection endpoints in use; several of one URL have different options. */
  readonly tokenEndpoints: () => readonly TokenEndpointGauge[];
  /** Certificates that entry points present. */
  readonly certificates: () => readonly PresentedCertificate[];
  /** Credentials whose token is still valid but could not be renewed, by the object that counts them. */
  readonly failingRenewals: () => ReadonlyMap<TokenTally, number>;
}

export interface TokenEndpointGauge {
  readonly url: string;
  readonly use: EndpointPurpose;
  /** Whether its circuit breaker suspends requests. */
  readonly isOpen: boolean;
  readonly inFlight: number;
  readonly waiting: number;
}

export interface MetricsParts {
  readonly config: NonNullable<InstallConfig['metrics']>;
  readonly entryPoints: InstallConfig['entryPoints'];
  readonly gauges: Gauges;
}

/** Name of a store without secrets: its location. */
export const toStoreName = ({
  endpoints,
}: {
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
}): string =>
  endpoints.map(({ host, port }) => `${host.includes(':') ? `[${host}]` : host}:${port}`).join(',');

/** The store that the workers of one gateway share. */
export const workersStore = 'workers';
