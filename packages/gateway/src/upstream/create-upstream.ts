import type { Clock } from '@grantgate/middleware/base/clock';
import type { LoadBalancerConfig, ServiceConfig } from '../config/dynamic.ts';
import type { HealthCheck } from './health-check.ts';
import { createHealthPools } from './health-pools.ts';
import { createLoadBalancer, type LoadBalancerDeps, type Service } from './load-balancer.ts';
import { createPools } from './pools.ts';
import { createRoundRobin } from './round-robin.ts';
import type { Use } from './sharing.ts';
import { createSharing } from './sharing.ts';
import { defaultUpstreamTransport, type UpstreamTransport } from './transport.ts';
import type { Upstream } from './upstream.ts';

/**
 * Services at run time, across configurations: one that a new configuration leaves as it is lives on with its connections, the
 * health of its servers and its turn; one that is gone stops when the last configuration that has it is closed.
 */
export interface Services {
  /** Connections are opened by the first request, health checks start at once. */
  open(configs: ReadonlyMap<string, ServiceConfig>): Upstreams;
}

/** Every service of one configuration. */
export interface Upstreams {
  /** By qualified name; undefined for one that is unknown or broken. */
  get(name: string): Upstream | undefined;
  /**
   * Lets go of the services. Those that no other configuration has stop their health checks and close their connections, once
   * the requests under way are answered. Once, however often it is called.
   */
  close(): Promise<void>;
}

export interface ServicesDeps {
  readonly clock: Clock;
  /** What is left out has its default. */
  readonly transport?: Partial<UpstreamTransport>;
}

interface Running {
  readonly id: number;
  readonly service: Service;
}

export function createServices({ clock, transport }: ServicesDeps): Services {
  const limits = { ...defaultUpstreamTransport, ...transport };
  const pools = createPools(clock, limits);
  const healthPools = createHealthPools(limits);
  const checks = createSharing<HealthCheck>((check) => check.stop());
  const running = createSharing<Running>(({ service }) => service.stop());
  const keyOf = createKeys();
  let count = 0;
  const acquire = (key: string, create: () => Service): Use<Running> =>
    running.acquire(key, () => ({ id: (count += 1), service: create() }));
  return { open: (configs) => openServices(configs, { clock, pools, healthPools, checks, acquire, keyOf }) };
}

interface OpenDeps extends LoadBalancerDeps {
  readonly acquire: (key: string, create: () => Service) => Use<Running>;
  readonly keyOf: (config: LoadBalancerConfig) => string;
}

function openServices(configs: ReadonlyMap<string, ServiceConfig>, deps: OpenDeps): Upstreams {
  const uses = new Map<string, Use<Running> | undefined>();
  const build = (name: string): Use<Running> | undefined => {
    if (uses.has(name)) return uses.get(name);
    // Holds the place while its children are built, so that a circle of weighted services ends here.
    uses.set(name, undefined);
    const config = configs.get(name);
    if (config === undefined || config.errors.length > 0) return undefined;
    let use: Use<Running>;
    if (config.kind === 'weighted') {
      const children = config.services.flatMap((member) => {
        const item = build(member.name)?.value;
        return item === undefined || member.weight === 0 ? [] : [{ item, weight: member.weight }];
      });
      // Another child under the same name is another service.
      const key = JSON.stringify([name, ...children.map(({ item, weight }) => [item.id, weight])]);
      use = deps.acquire(key, () =>
        createWeighted(children.map(({ item, weight }) => ({ item: item.service, weight }))),
      );
    } else use = deps.acquire(deps.keyOf(config), () => createLoadBalancer(config, deps));
    uses.set(name, use);
    return use;
  };
  for (const name of configs.keys()) build(name);

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await Promise.all(Array.from(uses.values(), async (use) => use?.release()));
  };
  return {
    get: (name) => uses.get(name)?.value.service,
    close: () => (closing ??= close()),
  };
}

/** Tells services apart by what they are, wherever they stand; once for each configuration object. */
function createKeys(): (config: LoadBalancerConfig) => string {
  const keys = new WeakMap<LoadBalancerConfig, string>();
  return (config) => {
    let key = keys.get(config);
    if (key === undefined) {
      const { name, servers, passHostHeader, healthCheck, sticky } = config;
      key = JSON.stringify({ name, servers, passHostHeader, healthCheck, sticky });
      keys.set(config, key);
    }
    return key;
  };
}

/** Children without a healthy server are passed over. */
function createWeighted(children: readonly { readonly item: Service; readonly weight: number }[]): Service {
  const rotation = createRoundRobin(children, (child) => child.available());
  return {
    available: () => children.some(({ item }) => item.available()),
    async stop() {},
    pick: (facts) => rotation.next()?.pick(facts),
  };
}
