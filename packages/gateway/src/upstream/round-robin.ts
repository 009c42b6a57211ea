/** Smooth weighted round robin, as in nginx: with weights 5, 1 and 1 the order is a a b a c a a, not a a a a a b c. */
export interface RoundRobin<T> {
  /** The next available item; undefined when none is available. */
  readonly next: () => T | undefined;
}

/** @param items weights are 0 or more; an item of weight 0 is never chosen. */
export function createRoundRobin<T>(
  items: readonly { readonly item: T; readonly weight: number }[],
  isAvailable: (item: T) => boolean,
): RoundRobin<T> {
  const peers = items
    .filter(({ weight }) => weight > 0)
    .map(({ item, weight }) => ({ item, weight, current: 0 }));
  const only = peers.length === 1 ? peers[0] : undefined;
  if (only !== undefined) return { next: () => (isAvailable(only.item) ? only.item : undefined) };
  return {
    next() {
      let best: (typeof peers)[number] | undefined;
      let total = 0;
      for (const peer of peers) {
        if (!isAvailable(peer.item)) continue;
        peer.current += peer.weight;
        total += peer.weight;
        if (best === undefined || peer.current > best.current) best = peer;
      }
      if (best === undefined) return undefined;
      best.current -= total;
      return best.item;
    },
  };
}
