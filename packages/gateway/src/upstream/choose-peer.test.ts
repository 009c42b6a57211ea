import { expect, it } from 'vitest';
import { createChoosePeer } from './choose-peer.ts';
import type { Peer } from './peer.ts';

/** Servers with that many requests in flight each. */
const toPeers = (inFlight: readonly number[]): readonly Peer[] =>
  inFlight.map((count, index) => {
    const connections = { stats: () => ({ open: count + 2, idle: 2, inFlight: count }) };
    const destination = { server: { url: `http://${index}`, connections } };
    return { weight: 1, check: undefined, passive: undefined, times: undefined, destination } as never;
  });

it('of two random servers, the one with fewer requests in flight is chosen', () => {
  const peers = toPeers([5, 1, 3]);
  const chosen = [
    // first and second, first and third, second and third
    [0, 0],
    [0, 0.9],
    [0.4, 0.9],
    [0.9, 0],
  ].map((numbers) => {
    const next = [...numbers];
    const peer = createChoosePeer('p2c', peers, () => next.shift() ?? 0)({} as never);
    return peers.indexOf(peer as Peer);
  });
  expect(chosen).toEqual([1, 2, 1, 2]);
});

it('the only healthy server is chosen, and none without one', () => {
  const [one, two] = toPeers([0, 9]) as [Peer, Peer];
  const down = { ...one, check: { healthy: () => false } as never };
  expect(createChoosePeer('p2c', [down, two])({} as never)).toBe(two);
  expect(createChoosePeer('p2c', [down])({} as never)).toBeUndefined();
});
