import { createLru } from '@grantgate/middleware/base/lru';

/** Maximum number of addresses whose order is cached. */
const maxAddresses = 4_096;

/**
 * Rendezvous hashing: each address has its own order of items, which the loss of one item does not change. Scores equal Traefik's, so
 * that a caller stays on the server that Traefik chose.
 *
 * @param items with the names that are hashed; weights above 0.
 */
export function createRendezvous<T>(
  items: readonly { readonly item: T; readonly name: string; readonly weight: number }[],
): (address: string) => readonly T[] {
  const orders = createLru<string, readonly T[]>(maxAddresses);
  return (address) => {
    let order = orders.get(address);
    if (order === undefined) {
      order = items
        .map(({ item, name, weight }) => ({
          item,
          score: -weight / Math.log(fnv1a(address + name) / 2 ** 64),
        }))
        .sort((one, other) => other.score - one.score)
        .map(({ item }) => item);
      orders.set(address, order);
    }
    return order;
  };
}

/** FNV-1a of 64 bits. */
function fnv1a(text: string): number {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return Number(hash);
}
