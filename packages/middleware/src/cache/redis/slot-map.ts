import type { Cluster, Redis } from 'ioredis';

const slotCount = 16_384;
/** Maximum number of nodes; Redis recommends at most a thousand. */
const maxNodes = 2_048;

/** Fault of a reply to `CLUSTER SLOTS`; undefined when there is none. */
export function findSlotMapFault(reply: unknown): string | undefined {
  if (!Array.isArray(reply)) return 'expected an array';
  const nodes = new Set<string>();
  let slots = 0;
  for (const range of reply as readonly unknown[]) {
    if (!Array.isArray(range)) return 'expected ranges of slots';
    const [first, last, ...members] = range as readonly unknown[];
    if (!isBelow(first, slotCount) || !isBelow(last, slotCount) || first > last)
      return 'expected a range of slots';
    slots += last - first + 1;
    if (slots > slotCount) return 'expected each slot once';
    for (const member of members) {
      if (!Array.isArray(member)) return 'expected a node';
      const [host, port] = member as readonly unknown[];
      if ((host !== null && typeof host !== 'string') || !isBelow(port, 65_536)) return 'expected a node';
      nodes.add(`${host ?? ''}:${port}`);
      if (nodes.size > maxNodes) return 'too many nodes';
    }
  }
  return undefined;
}

const isBelow = (value: unknown, end: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < end;

type Refresh = (node: Redis | undefined, callback: unknown) => void;
type OnSlots = (error: Error | null, reply?: unknown) => void;

/**
 * Makes a cluster refuse invalid slot maps. `ioredis` trusts them: a range that ends at 2^53 never ends its loop, and any type
 * other than an array is an error that nothing catches.
 */
export function checkSlotMaps(cluster: Cluster): void {
  // Private in the types. If it disappears, only this validation is lost.
  const inner = cluster as unknown as { getInfoFromNode?: Refresh };
  const refresh = inner.getInfoFromNode?.bind(cluster);
  if (refresh === undefined) return;
  inner.getInfoFromNode = (node, callback) => {
    if (node === undefined) {
      refresh(node, callback);
      return;
    }
    const duplicate = (changes: Parameters<Redis['duplicate']>[0]): Redis => {
      const connection = node.duplicate(changes);
      const inner = connection as unknown as { cluster: (subcommand: string, onSlots: OnSlots) => unknown };
      const ask = inner.cluster.bind(connection);
      inner.cluster = (subcommand, onSlots) =>
        ask(subcommand, (error, reply) => {
          const fault = error === null ? findSlotMapFault(reply) : undefined;
          onSlots(fault === undefined ? error : new Error(`malformed reply: ${fault}`), reply);
        });
      return connection;
    };
    refresh({ duplicate } as unknown as Redis, callback);
  };
}
