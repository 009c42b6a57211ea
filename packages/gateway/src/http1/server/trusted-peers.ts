import { BlockList, isIPv6 } from 'node:net';

/** Whether a peer's `X-Forwarded-*` headers are trusted. */
export type PeerPredicate = (address: string) => boolean;

/** @param ranges addresses and CIDR ranges, already validated with the configuration. */
export function createTrustedPeers(ranges: readonly string[], everyone: boolean): PeerPredicate {
  if (everyone) return () => true;
  if (ranges.length === 0) return () => false;
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', prefix] = range.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    if (prefix === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(prefix), family);
  }
  return (address) => list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
