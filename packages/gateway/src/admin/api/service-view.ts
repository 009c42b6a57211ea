import type {
  HealthCheckConfig,
  LoadBalancerConfig,
  ServiceConfig,
  StickyConfig,
} from '../../config/dynamic.ts';
import { redactOptions, redactUrl } from './redact.ts';
import type { ServiceView } from './shapes.ts';

type ServiceIdentity = Pick<ServiceView, 'name' | 'provider' | 'status' | 'error' | 'place'> & {
  readonly usedBy: readonly string[] | undefined;
};

/** A service in Traefik's names. */
export function toServiceView(config: ServiceConfig, { usedBy, ...identity }: ServiceIdentity): ServiceView {
  const common = { ...identity, ...(usedBy !== undefined && { usedBy: [...usedBy] }) };
  switch (config.kind) {
    case 'loadBalancer':
      return { ...common, type: 'loadbalancer', loadBalancer: toLoadBalancer(config) };
    case 'weighted':
      return {
        ...common,
        type: 'weighted',
        weighted: { services: config.services.map(({ name, weight }) => ({ name, weight })) },
      };
    case 'failover':
      return {
        ...common,
        type: 'failover',
        failover: { service: config.service, fallback: config.fallback },
      };
  }
}

function toLoadBalancer(config: LoadBalancerConfig): NonNullable<ServiceView['loadBalancer']> {
  const { servers, passHostHeader, strategy = 'wrr', healthCheck, sticky, serversTransport } = config;
  return {
    servers: servers.map(({ url, weight, preservePath }) => ({
      url: redactUrl(url),
      weight,
      ...(preservePath === true && { preservePath }),
    })),
    passHostHeader,
    strategy,
    ...(healthCheck !== undefined && { healthCheck: toHealthCheck(healthCheck) }),
    ...(sticky !== undefined && { sticky: { cookie: toCookie(sticky) } }),
    ...(serversTransport !== undefined && { serversTransport }),
    ...(config.passiveHealthCheck !== undefined && {
      passiveHealthCheck: {
        failureWindow: toDuration(config.passiveHealthCheck.failureWindowMs),
        maxFailedAttempts: config.passiveHealthCheck.maxFailedAttempts,
      },
    }),
  };
}

const toHealthCheck = ({ path, method, headers, hostname, port, status, ...rest }: HealthCheckConfig) => ({
  path: path.replace(/\?.*$/, '?[redacted]'),
  method,
  hostname,
  port,
  status,
  scheme: rest.scheme,
  followRedirects: rest.followRedirects,
  interval: toDuration(rest.intervalMs),
  unhealthyInterval: toDuration(rest.unhealthyIntervalMs),
  timeout: toDuration(rest.timeoutMs),
  ...(Object.keys(headers).length > 0 && { headers: redactOptions({ headers }, { readAt: undefined }) }),
});

const toCookie = ({ cookieName, maxAgeSeconds, ...rest }: StickyConfig) => ({
  name: cookieName,
  maxAge: maxAgeSeconds,
  ...rest,
});

/** Durations as in Go's output for Traefik, in seconds or milliseconds. */
export const toDuration = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`);
