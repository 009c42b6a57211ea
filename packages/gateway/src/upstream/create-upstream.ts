import type { Clock } from '@grantgate/middleware/base/clock';
import type { ServiceConfig, WeightedConfig } from '../config/dynamic.ts';
import { createLoadBalancer, type Service } from './load-balancer.ts';
import { createPools } from './pools.ts';
import { createRoundRobin } from './round-robin.ts';
import { defaultUpstreamTransport, type UpstreamTransport } from './transport.ts';
import type { Upstream } from './upstream.ts';

/** Every service of one configuration at run time. */
export interface Upstreams {
  /** By qualified name; undefined for one that is unknown or broken. */
  get(name: string): Upstream | undefined;
  /** Stops health checks and closes every connection once the requests under way are answered; once, however often it is called. */
  close(): Promise<void>;
}

export interface UpstreamsDeps {
  readonly clock: Clock;
  /** What is left out has its default. */
  readonly transport?: Partial<UpstreamTransport>;
}

/** Builds the services; connections are opened by the first request, health checks start at once. */
export function createUpstreams(configs: ReadonlyMap<string, ServiceConfig>, deps: UpstreamsDeps): Upstreams {
  const pools = createPools({ ...defaultUpstreamTransport, ...deps.transport });
  const services = new Map<string, Service | undefined>();

  const build = (name: string): Service | undefined => {
    if (services.has(name)) return services.get(name);
    // Holds the place while its children are built, so that a circle of weighted services ends here.
    services.set(name, undefined);
    const config = configs.get(name);
    if (config === undefined || config.errors.length > 0) return undefined;
    const service =
      config.kind === 'weighted'
        ? createWeighted(config, build)
        : createLoadBalancer(config, { clock: deps.clock, pools });
    services.set(name, service);
    return service;
  };
  for (const name of configs.keys()) build(name);

  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => {
    for (const service of services.values()) service?.stop();
    return pools.close();
  };

  return {
    get: (name) => services.get(name),
    close: () => (closing ??= close()),
  };
}

/** Children that are missing, broken or without a healthy server are passed over. */
function createWeighted(config: WeightedConfig, get: (name: string) => Service | undefined): Service {
  const children = config.services.flatMap(({ name, weight }) => {
    const item = get(name);
    return item === undefined || weight === 0 ? [] : [{ item, weight }];
  });
  const rotation = createRoundRobin(children, (child) => child.available());
  return {
    available: () => children.some(({ item }) => item.available()),
    stop() {},
    pick: (facts) => rotation.next()?.pick(facts),
  };
}
