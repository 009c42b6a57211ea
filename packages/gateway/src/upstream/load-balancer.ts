import type { Clock } from '@grantgate/middleware/base/clock';
import type { HealthCheckConfig, LoadBalancerConfig } from '../config/dynamic.ts';
import { startHealthCheck, type HealthCheck } from './health-check.ts';
import type { Pools } from './pools.ts';
import { createRoundRobin } from './round-robin.ts';
import type { UpstreamTransport } from './transport.ts';
import { createServer } from './server.ts';
import type { SharedResources, Use } from '../reload/shared-resources.ts';
import { findCookie, toFormerIds, toStickyCookie, toStickyId } from './sticky.ts';
import type { Destination, Upstream } from './upstream.ts';

/** A service that another one can spread requests over. */
export interface Service extends Upstream {
  /** Whether `pick` would give a server. */
  available(): boolean;
  /** Of its own servers, those that are asked for their health. */
  health(): readonly ServerHealth[];
  /** Stops what runs in the background, and lets go of the connections. */
  stop(): Promise<void>;
}

export interface ServerHealth {
  /** Qualified name of the service. */
  readonly service: string;
  /** As configured. */
  readonly url: string;
  readonly up: boolean;
}

interface Peer {
  readonly weight: number;
  readonly check: HealthCheck | undefined;
  /** What a pick gives; built once, so that a request allocates nothing. */
  readonly destination: Destination;
  readonly firstDestination: Destination;
}

export interface LoadBalancerDeps {
  readonly clock: Clock;
  readonly pools: Pools;
  readonly healthPools: Pools;
  /** Checks under way, so that a service that gains or loses a server still knows how the others are. */
  readonly checks: SharedResources<HealthCheck>;
  /** Default: that of services without one of their own. */
  readonly transport?: UpstreamTransport | undefined;
  /** Number of the transport, so that checks over another are other checks; 0: the default. */
  readonly transportId: number;
}

export function createLoadBalancer(config: LoadBalancerConfig, deps: LoadBalancerDeps): Service {
  const { sticky } = config;
  const byId = new Map<string, Peer>();
  const byFormerId = new Map<string, Peer>();
  const uses: { release(): Promise<void> }[] = [];
  const peers = config.servers
    .filter(({ weight }) => weight > 0)
    .map((serverConfig): Peer => {
      const url = new URL(serverConfig.url);
      const connections = deps.pools.forOrigin(url.origin, deps.transport);
      const check = config.healthCheck && acquireCheck(serverConfig.url, config.healthCheck, deps);
      uses.push(connections, ...(check === undefined ? [] : [check]));
      const server = createServer(serverConfig, url, connections.value);
      const destination = {
        server,
        serviceName: config.name,
        passHostHeader: config.passHostHeader,
        setCookie: undefined,
      };
      const peer = {
        weight: serverConfig.weight,
        check: check?.value,
        destination: Object.freeze(destination),
      };
      if (sticky === undefined) return { ...peer, firstDestination: peer.destination };
      const id = toStickyId(serverConfig.url);
      const bound = {
        ...peer,
        firstDestination: Object.freeze({ ...destination, setCookie: toStickyCookie(sticky, id) }),
      };
      byId.set(id, bound);
      for (const former of toFormerIds(serverConfig.url)) byFormerId.set(former, bound);
      return bound;
    });
  const weighted = peers.map((item) => ({ item, weight: item.weight }));
  const rotation = createRoundRobin(weighted, isHealthy);
  // A turn of its own: otherwise, of two servers, the one that fails would get every request first.
  const repeats = createRoundRobin(weighted, isHealthy);
  return {
    available: () => peers.some(isHealthy),
    health: () =>
      peers.flatMap(({ check, destination }) =>
        check === undefined
          ? []
          : [{ service: config.name, url: destination.server.url, up: check.healthy() }],
      ),
    async stop() {
      await Promise.all(uses.map((use) => use.release()));
    },
    pick(facts, tried) {
      if (tried !== undefined) {
        const isUntried = (peer: Peer): boolean => !tried.has(peer.destination.server) && isHealthy(peer);
        const next = repeats.next();
        return (next === undefined || isUntried(next) ? next : (peers.find(isUntried) ?? next))
          ?.firstDestination;
      }
      const id = sticky && findCookie(facts.rawHeaders, sticky.cookieName);
      if (id !== undefined) {
        const bound = findHealthy(byId, id)?.destination ?? findHealthy(byFormerId, id)?.firstDestination;
        if (bound !== undefined) return bound;
      }
      return rotation.next()?.firstDestination;
    },
  };
}

function acquireCheck(url: string, config: HealthCheckConfig, deps: LoadBalancerDeps): Use<HealthCheck> {
  return deps.checks.acquire(JSON.stringify([url, config, deps.transportId]), () =>
    startHealthCheck(url, config, deps),
  );
}

function isHealthy(peer: Peer): boolean {
  return peer.check === undefined || peer.check.healthy();
}

function findHealthy(peers: ReadonlyMap<string, Peer>, id: string): Peer | undefined {
  const peer = peers.get(id);
  return peer !== undefined && isHealthy(peer) ? peer : undefined;
}
