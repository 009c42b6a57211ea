import type { BalancingStrategy } from '../config/dynamic.ts';
import { isHealthy, type Peer } from './peer.ts';
import { createRendezvous } from './rendezvous.ts';
import { createRoundRobin } from './round-robin.ts';
import type { BalancingFacts } from './upstream.ts';

/** Chooses a healthy server; undefined when there is none. */
export type ChoosePeer = (facts: BalancingFacts) => Peer | undefined;

/** @param random from 0 to 1. */
export function createChoosePeer(
  strategy: BalancingStrategy,
  peers: readonly Peer[],
  random: () => number = Math.random,
): ChoosePeer {
  switch (strategy) {
    case 'wrr': {
      const { next } = roundRobinOf(peers, isHealthy);
      return () => next();
    }
    case 'p2c':
      return chooseOfTwo(peers, random);
    case 'hrw': {
      const order = createRendezvous(
        peers.map((item) => ({ item, name: item.destination.server.url, weight: item.weight })),
      );
      return ({ remoteAddress }) => order(remoteAddress).find(isHealthy);
    }
    case 'leasttime':
      return chooseFastest(peers);
  }
}

const roundRobinOf = (peers: readonly Peer[], isAvailable: (peer: Peer) => boolean) =>
  createRoundRobin(
    peers.map((item) => ({ item, weight: item.weight })),
    isAvailable,
  );

/** Requests in flight to the origin of a server, including those of other services. */
function inFlightOf({ destination }: Peer): number {
  return destination.server.connections.stats().inFlight;
}

/** Picks two healthy servers at random and chooses the one with fewer requests in flight. */
function chooseOfTwo(peers: readonly Peer[], random: () => number): ChoosePeer {
  return () => {
    const healthy = peers.filter(isHealthy);
    if (healthy.length < 2) return healthy[0];
    const first = Math.floor(random() * healthy.length);
    const other = Math.floor(random() * (healthy.length - 1));
    const [one, two] = [healthy[first] as Peer, healthy[other >= first ? other + 1 : other] as Peer];
    return inFlightOf(two) < inFlightOf(one) ? two : one;
  };
}

/**
 * Chooses the healthy server with the lowest score: average response time times (requests in flight + 1), divided by weight. Servers with
 * equal scores take turns.
 */
function chooseFastest(peers: readonly Peer[]): ChoosePeer {
  let best: readonly Peer[] = [];
  const turn = roundRobinOf(peers, (peer) => best.includes(peer));
  return () => {
    let least = Infinity;
    let found: Peer[] = [];
    for (const peer of peers) {
      if (!isHealthy(peer)) continue;
      const score = ((peer.times?.average() ?? 0) * (1 + inFlightOf(peer))) / peer.weight;
      if (score > least) continue;
      if (score < least) found = [];
      least = score;
      found.push(peer);
    }
    best = found;
    return best.length < 2 ? best[0] : turn.next();
  };
}
