import { fingerprint } from '../../base/fingerprint.ts';
import type { DiscoveryUse } from './discovered-endpoint.ts';
import { createDiscovery, type Discovery, type DiscoveryOptions, type DiscoveryParts } from './discovery.ts';

/** Discoveries in use. */
export interface Discoveries {
  /**
   * Shares one discovery among all users that request the metadata of an issuer in the same way. Must be released exactly
   * once.
   */
  acquire(options: DiscoveryOptions): DiscoveryUse;
}

interface SharedDiscovery {
  readonly discovery: Discovery;
  users: number;
}

export function createDiscoveries(parts: DiscoveryParts): Discoveries {
  const shared = new Map<string, SharedDiscovery>();
  return {
    acquire(options) {
      const { issuer, tls, proxy, headers, timeoutMs, maxRetries } = options;
      const key = fingerprint({ issuer, tls, proxy, headers, timeoutMs, maxRetries });
      const entry = shared.get(key) ?? { discovery: createDiscovery(options, parts), users: 0 };
      entry.users += 1;
      shared.set(key, entry);
      return {
        discovery: () => entry.discovery,
        async release() {
          entry.users -= 1;
          if (entry.users > 0) return;
          shared.delete(key);
          await entry.discovery.close();
        },
      };
    },
  };
}
