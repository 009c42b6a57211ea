import type { Clock } from '@grantgate/middleware/base/clock';
import type { LoadBalancerConfig, ServiceConfig } from '../config/dynamic.ts';
import type { HealthCheck } from './health-check.ts';
import { createLoadBalancer, type ServerHealth, type Service } from './load-balancer.ts';
import { createHealthPools, createPools, type OriginStats } from './pools.ts';
import { createRoundRobin } from './round-robin.ts';
import type { Use } from '../reload/shared-resources.ts';
import { createSharing } from '../reload/shared-resources.ts';
import type { Generations } from '../reload/generations.ts';
import { createSuccession } from '../reload/generations.ts';
import { defaultUpstreamTransport, type UpstreamTransport } from './transport.ts';
import type { Upstream } from './upstream.ts';

/**
 * Services at run time, across configurations: one that a new configuration leaves as it is lives on with its connections, the
 * health of its servers and its turn; one that is gone stops when the last configuration that has it is closed.
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
  /** How the servers are that are asked for it, those of configurations that are still in use included. */
  health(): readonly ServerHealth[];
  /** The connections of requests. */
  connections(): readonly OriginStats[];
}

/** Every service of one configuration. */
export interface Upstreams {
  /** By qualified name, without those that are broken. One that leads to the same servers as before is the same object. */
  readonly byName: ReadonlyMap<string, Upstream>;
  /**
   * Lets go of the services. Those that no other configuration has stop their health checks and close their connections, once
   * the requests under way are answered. Once, however often it is called.
   */
  readonly close: () => Promise<void>;
}

export interface ServicesDeps {
  readonly clock: Clock;
  /** What is left out has its default. */
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

/** Numbers things from 1, each one once. */
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
  const weighted = new Map<string, Use<ServiceInstance> | undefined>();
  const build = (name: string): ServiceInstance | undefined => {
    const config = configs.get(name);
    if (config === undefined || config.errors.length > 0) return undefined;
    if (config.kind === 'loadBalancer') return balancers.get(config);
    if (weighted.has(name)) return weighted.get(name)?.value;
    // Holds the place while its children are built, so that a circle of weighted services ends here.
    weighted.set(name, undefined);
    const children = config.services.flatMap((member) => {
      const item = build(member.name);
      return item === undefined || member.weight === 0 ? [] : [{ item, weight: member.weight }];
    });
    // Another child under the same name is another service.
    const key = JSON.stringify([name, ...children.map(({ item, weight }) => [item.id, weight])]);
    const use = deps.acquire(key, () =>
      createWeighted(children.map(({ item, weight }) => ({ item: item.service, weight }))),
    );
    weighted.set(name, use);
    return use.value;
  };
  const byName = new Map<string, Upstream>();
  for (const name of configs.keys()) {
    const found = build(name);
    if (found !== undefined) byName.set(name, found.service);
  }
  const close = createClose(balancers.close, [...weighted.values()]);
  return { byName, close };
}

/** Apart from what the services are found by: who closes them later does not hold on to that. */
function createClose(
  closeBalancers: () => Promise<void>,
  weighted: readonly (Use<ServiceInstance> | undefined)[],
): () => Promise<void> {
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([closeBalancers(), ...weighted.map((use) => use?.release())]);
  };
  return () => (closing ??= close());
}

/** Tells services apart by what they are, wherever they stand. */
function toKey({ name, servers, passHostHeader, healthCheck, sticky }: LoadBalancerConfig): string {
  return JSON.stringify({ name, servers, passHostHeader, healthCheck, sticky });
}

/** Children without a healthy server are passed over. */
function createWeighted(children: readonly { readonly item: Service; readonly weight: number }[]): Service {
  const rotation = createRoundRobin(children, (child) => child.available());
  return {
    available: () => children.some(({ item }) => item.available()),
    health: () => [],
    async stop() {},
    pick(facts, tried) {
      const first = rotation.next()?.pick(facts, tried);
      if (first === undefined || tried?.has(first.server) !== true) return first;
      for (const { item } of children) {
        const other = item.pick(facts, tried);
        if (other !== undefined && !tried.has(other.server)) return other;
      }
      return first;
    },
  };
}
