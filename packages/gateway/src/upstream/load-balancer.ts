import type { Clock } from '@grantgate/middleware/base/clock';
import type { HealthCheckConfig, LoadBalancerConfig, ServerConfig } from '../config/dynamic.ts';
import { createChoosePeer } from './choose-peer.ts';
import { startHealthCheck, type HealthCheck } from './health-check.ts';
import { createPassiveHealth, type PassiveHealth } from './passive-health.ts';
import { createResponseTimes, isHealthy, type Peer, type MeanResponseTime } from './peer.ts';
import type { Pools } from './pools.ts';
import { createRoundRobin } from './round-robin.ts';
import type { UpstreamTransport } from './transport.ts';
import type { SharedResources, Use } from '../reload/shared-resources.ts';
import { findCookie, toFormerIds, toStickyCookie, toStickyId } from './sticky.ts';
import type { Destination, Upstream } from './upstream.ts';
import { originOf } from './origin.ts';
import { createServer } from './upstream.ts';

/** A service that can be a child of another service. */
export interface Service extends Upstream {
  /** Whether `pick` would return a server. */
  available(): boolean;
  /** Its own servers that have health checks. */
  health(): readonly ServerHealth[];
  /** Stops background work and releases the connections. */
  stop(): Promise<void>;
}

export interface ServerHealth {
  /** Qualified name of the service. */
  readonly service: string;
  /** As configured. */
  readonly url: string;
  readonly up: boolean;
}

export interface LoadBalancerDeps {
  readonly clock: Clock;
  readonly pools: Pools;
  readonly healthPools: Pools;
  /** Running health checks, shared so that a service that gains or loses a server keeps the health of the others. */
  readonly checks: SharedResources<HealthCheck>;
  /** Default: the transport of services without their own. */
  readonly transport?: UpstreamTransport | undefined;
  /** Number of the transport; different transports have separate health checks. 0: the default. */
  readonly transportId: number;
}

export function createLoadBalancer(config: LoadBalancerConfig, deps: LoadBalancerDeps): Service {
  const { sticky } = config;
  const byId = new Map<string, Peer>();
  const byFormerId = new Map<string, Peer>();
  const uses: Releasable[] = [];
  const peers = config.servers
    .filter(({ weight }) => weight > 0)
    .map((server): Peer => {
      const { peer, acquired } = createPeer(server, config, deps);
      uses.push(...acquired);
      if (sticky !== undefined) {
        byId.set(toStickyId(server.url), peer);
        for (const former of toFormerIds(server.url)) byFormerId.set(former, peer);
      }
      return peer;
    });
  const choose = createChoosePeer(config.strategy ?? 'wrr', peers);
  // A separate rotation: otherwise one of two servers, while the other fails, would always be first.
  const repeats = createRoundRobin(
    peers.map((item) => ({ item, weight: item.weight })),
    isHealthy,
  );
  return {
    available: () => peers.some(isHealthy),
    health: () =>
      peers.flatMap((peer) =>
        peer.check === undefined && peer.passive === undefined
          ? []
          : [{ service: config.name, url: peer.destination.server.url, up: isHealthy(peer) }],
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
      return choose(facts)?.firstDestination;
    },
  };
}

interface Releasable {
  release(): Promise<void>;
}

const noCookies: readonly string[] = Object.freeze([]);

function createPeer(
  serverConfig: ServerConfig,
  config: LoadBalancerConfig,
  deps: LoadBalancerDeps,
): { readonly peer: Peer; readonly acquired: readonly Releasable[] } {
  const { sticky } = config;
  const url = new URL(serverConfig.url);
  const connections = deps.pools.forOrigin(originOf(url), deps.transport);
  const check = config.healthCheck && acquireCheck(serverConfig.url, config.healthCheck, deps);
  const passive = config.passiveHealthCheck && createPassiveHealth(config.passiveHealthCheck, deps.clock);
  const times = config.strategy === 'leasttime' ? createResponseTimes() : undefined;
  const destination: Destination = Object.freeze({
    server: createServer(serverConfig, url, connections.value),
    serviceName: config.name,
    passHostHeader: config.passHostHeader,
    setCookies: noCookies,
    sent: createSent(passive, times, deps.clock),
  });
  const cookies = sticky && Object.freeze([toStickyCookie(sticky, toStickyId(serverConfig.url))]);
  const firstDestination =
    cookies === undefined ? destination : Object.freeze({ ...destination, setCookies: cookies });
  return {
    peer: { weight: serverConfig.weight, check: check?.value, passive, times, destination, firstDestination },
    acquired: check === undefined ? [connections] : [connections, check],
  };
}

/** Undefined when the choice does not depend on outcomes. */
function createSent(
  passive: PassiveHealth | undefined,
  times: MeanResponseTime | undefined,
  clock: Clock,
): Destination['sent'] {
  if (passive === undefined && times === undefined) return undefined;
  return () => {
    const sentMs = clock.monotonic();
    return (status) => {
      passive?.note(status);
      times?.add(clock.monotonic() - sentMs);
    };
  };
}

function acquireCheck(url: string, config: HealthCheckConfig, deps: LoadBalancerDeps): Use<HealthCheck> {
  return deps.checks.acquire(JSON.stringify([url, config, deps.transportId]), () =>
    startHealthCheck(url, config, deps),
  );
}

function findHealthy(peers: ReadonlyMap<string, Peer>, id: string): Peer | undefined {
  const peer = peers.get(id);
  return peer !== undefined && isHealthy(peer) ? peer : undefined;
}
