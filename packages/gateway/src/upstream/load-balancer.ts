import type { Clock } from '@grantgate/middleware/base/clock';
import type { LoadBalancerConfig, StickyConfig } from '../config/dynamic.ts';
import { startHealthCheck, type HealthCheck } from './health-check.ts';
import type { Pools } from './pools.ts';
import { createRoundRobin } from './round-robin.ts';
import { createServer } from './server.ts';
import { findCookie, toStickyCookie, toStickyId } from './sticky.ts';
import type { Picked, Upstream } from './upstream.ts';

/** A service that another one can spread requests over. */
export interface Service extends Upstream {
  /** Whether `pick` would give a server. */
  available(): boolean;
  /** Stops what runs in the background. */
  stop(): void;
}

interface Peer {
  readonly weight: number;
  readonly check: HealthCheck | undefined;
  /** What a pick gives; built once, so that a request allocates nothing. */
  readonly picked: Picked;
  readonly pickedFirst: Picked;
}

export function createLoadBalancer(
  config: LoadBalancerConfig,
  deps: { readonly clock: Clock; readonly pools: Pools },
): Service {
  const { sticky } = config;
  const byId = new Map<string, Peer>();
  const peers = config.servers
    .filter(({ weight }) => weight > 0)
    .map((serverConfig): Peer => {
      const id = toStickyId(serverConfig.url);
      const server = createServer(serverConfig, deps.pools);
      const picked = {
        server,
        serviceName: config.name,
        passHostHeader: config.passHostHeader,
        setCookie: undefined,
      };
      const peer: Peer = {
        weight: serverConfig.weight,
        check: config.healthCheck && startHealthCheck(serverConfig.url, config.healthCheck, deps),
        picked: Object.freeze(picked),
        pickedFirst: Object.freeze({ ...picked, setCookie: sticky && toStickyCookie(sticky, id) }),
      };
      byId.set(id, peer);
      return peer;
    });
  const rotation = createRoundRobin(
    peers.map((item) => ({ item, weight: item.weight })),
    isHealthy,
  );
  return {
    available: () => peers.some(isHealthy),
    stop: () => peers.forEach(({ check }) => check?.stop()),
    pick(facts) {
      const bound = sticky && findBound(facts.rawHeaders, sticky, byId);
      return bound?.picked ?? rotation.next()?.pickedFirst;
    },
  };
}

function isHealthy(peer: Peer): boolean {
  return peer.check === undefined || peer.check.healthy();
}

function findBound(
  rawHeaders: readonly string[],
  sticky: StickyConfig,
  byId: ReadonlyMap<string, Peer>,
): Peer | undefined {
  const id = findCookie(rawHeaders, sticky.cookieName);
  const peer = id === undefined ? undefined : byId.get(id);
  return peer !== undefined && isHealthy(peer) ? peer : undefined;
}
