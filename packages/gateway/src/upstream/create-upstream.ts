import type { Clock } from '@grantgate/middleware/base/clock';
import type { FailoverConfig, LoadBalancerConfig, ServiceConfig, WeightedConfig } from '../config/dynamic.ts';
import { createFailover, createWeighted } from './composed-services.ts';
import type { HealthCheck } from './health-check.ts';
import { createLoadBalancer, type ServerHealth, type Service } from './load-balancer.ts';
import { createHealthPools, createPools, type OriginStats } from './pools.ts';
import type { Use } from '../reload/shared-resources.ts';
import { createSharing } from '../reload/shared-resources.ts';
import type { Generations } from '../reload/generations.ts';
import { createSuccession } from '../reload/generations.ts';
import { defaultUpstreamTransport, type UpstreamTransport } from './transport.ts';
import type { Upstream } from './upstream.ts';

/**
 * Services at run time, across configurations. A service that a new configuration does not change keeps its connections, the health of
 * its servers and its position in the rotation. A removed service stops once the last configuration that has it is closed.
 */
export interface Services {
  /**
   * Connections are opened by the first request, health checks start at once.
   *
   * @param transports by qualified name; a service with another transport is another configuration. Default: none.
   */
  open(
    configs: ReadonlyMap<string, ServiceConfig>,
    transports?: ReadonlyMap<string, UpstreamTransport>,
  ): Upstreams;
  /** Health of the servers that have health checks, including those of older configurations still in use. */
  health(): readonly ServerHealth[];
  /** Connections that requests use. */
  connections(): readonly OriginStats[];
}

/** Every service of one configuration. */
export interface Upstreams {
  /** By qualified name, without broken services. An unchanged service is the same object as before. */
  readonly byName: ReadonlyMap<string, Upstream>;
  /**
   * Releases the services. Services that no other configuration has stop their health checks, and close their connections once their
   * requests in flight have ended. Later calls do nothing.
   */
  readonly close: () => Promise<void>;
}

export interface ServicesDeps {
  readonly clock: Clock;
  /** Omitted members have their defaults. */
  readonly transport?: Partial<UpstreamTransport>;
}

interface ServiceInstance {
  readonly id: number;
  readonly service: Service;
}

export function createServices({ clock, transport }: ServicesDeps): Services {
  const limits = { ...defaultUpstreamTransport, ...transport };
  const pools = createPools(clock, limits);
  const healthPools = createHealthPools(clock, limits);
  const checks = createSharing<HealthCheck>((check) => check.stop());
  const running = createSharing<ServiceInstance>(({ service }) => service.stop());
  const balancers = createSuccession<LoadBalancerConfig, ServiceInstance>();
  let count = 0;
  const acquire = (key: string, create: () => Service): Use<ServiceInstance> =>
    running.acquire(key, () => ({ id: (count += 1), service: create() }));
  const idOf = createNumbering();
  const acquireBalancer = (
    config: LoadBalancerConfig,
    transport: UpstreamTransport | undefined,
  ): Use<ServiceInstance> => {
    const transportId = transport === undefined ? 0 : idOf(transport);
    const deps = { clock, pools, healthPools, checks, transport, transportId };
    return acquire(`${transportId} ${toKey(config)}`, () => createLoadBalancer(config, deps));
  };
  return {
    health: () => running.entries().flatMap(([, { service }]) => service.health()),
    connections: () => pools.stats(),
    open: (configs, transports) =>
      openServices(configs, {
        balancers,
        acquireBalancer: (config) =>
          acquireBalancer(
            config,
            config.serversTransport === undefined ? undefined : transports?.get(config.serversTransport),
          ),
        acquire,
      }),
  };
}

/** Numbers keys from 1; equal keys have equal numbers. */
function createNumbering(): (thing: object) => number {
  const numbers = new WeakMap<object, number>();
  let count = 0;
  return (thing) => {
    const known = numbers.get(thing);
    if (known !== undefined) return known;
    numbers.set(thing, (count += 1));
    return count;
  };
}

interface OpenDeps {
  readonly balancers: Generations<LoadBalancerConfig, ServiceInstance>;
  readonly acquireBalancer: (config: LoadBalancerConfig) => Use<ServiceInstance>;
  readonly acquire: (key: string, create: () => Service) => Use<ServiceInstance>;
}

function openServices(configs: ReadonlyMap<string, ServiceConfig>, deps: OpenDeps): Upstreams {
  const sound: LoadBalancerConfig[] = [];
  for (const config of configs.values())
    if (config.kind === 'loadBalancer' && config.errors.length === 0) sound.push(config);
  const balancers = deps.balancers.open(sound, deps.acquireBalancer);
  const composed = new Map<string, Use<ServiceInstance> | undefined>();
  const build = (name: string): ServiceInstance | undefined => {
    const config = configs.get(name);
    if (config === undefined || config.errors.length > 0) return undefined;
    if (config.kind === 'loadBalancer') return balancers.get(config);
    if (composed.has(name)) return composed.get(name)?.value;
    // Registered before its children are built, so that a cycle of services ends here.
    composed.set(name, undefined);
    const use =
      config.kind === 'weighted'
        ? openWeighted(config, build, deps.acquire)
        : openFailover(config, build, deps.acquire);
    composed.set(name, use);
    return use.value;
  };
  const byName = new Map<string, Upstream>();
  for (const name of configs.keys()) {
    const found = build(name);
    if (found !== undefined) byName.set(name, found.service);
  }
  const close = createClose(balancers.close, [...composed.values()]);
  return { byName, close };
}

/** A function outside the closure that finds services: a later close does not keep that closure alive. */
function createClose(
  closeBalancers: () => Promise<void>,
  composed: readonly (Use<ServiceInstance> | undefined)[],
): () => Promise<void> {
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([closeBalancers(), ...composed.map((use) => use?.release())]);
  };
  return () => (closing ??= close());
}

/** Identifies services by their content, independently of their names. */
function toKey(config: LoadBalancerConfig): string {
  const { name, servers, passHostHeader, healthCheck, sticky, strategy, passiveHealthCheck } = config;
  return JSON.stringify({ name, servers, passHostHeader, healthCheck, sticky, strategy, passiveHealthCheck });
}

type BuildChild = (name: string) => ServiceInstance | undefined;

// A different child under the same name makes a different service: keys contain the numbers of the children.

function openWeighted(
  config: WeightedConfig,
  build: BuildChild,
  acquire: OpenDeps['acquire'],
): Use<ServiceInstance> {
  const children = config.services.flatMap((member) => {
    const child = build(member.name);
    return child === undefined || member.weight === 0 ? [] : [{ ...member, child }];
  });
  const { name, strategy, sticky } = config;
  const numbers = children.map(({ child, weight, writtenName }) => [child.id, weight, writtenName]);
  return acquire(JSON.stringify([name, { strategy, sticky }, ...numbers]), () =>
    createWeighted(
      config,
      children.map(({ child, ...member }) => ({ ...member, service: child.service })),
    ),
  );
}

function openFailover(
  config: FailoverConfig,
  build: BuildChild,
  acquire: OpenDeps['acquire'],
): Use<ServiceInstance> {
  const members = [build(config.service), build(config.fallback)];
  return acquire(JSON.stringify([config.name, 'failover', members.map((member) => member?.id)]), () =>
    createFailover(members.flatMap((member) => member?.service ?? [])),
  );
}
