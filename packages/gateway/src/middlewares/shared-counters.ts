import { createHash } from 'node:crypto';
import type { SharedCounters, Stores } from '@grantgate/middleware/cache/stores';
import { toRedisOptions, type RedisCountersOptions } from './redis-counters.ts';

/** Processes that count the requests of a middleware together. */
export interface CountingCircle {
  readonly counters: SharedCounters;
  readonly keyOf: (source: string) => string;
}

export interface OpenCounters {
  /** Widest first: all replicas through Redis, then the workers of this machine. Empty for a single process. */
  readonly circles: readonly CountingCircle[];
  readonly close: () => Promise<void>;
}

/** @param given.prefix of keys. @param given.name qualified name of the middleware. */
export function openCounters({
  prefix,
  name,
  redis,
  stores,
}: {
  readonly prefix: string;
  readonly name: string;
  readonly redis: RedisCountersOptions | undefined;
  readonly stores: Stores;
}): OpenCounters {
  const { localCounters } = stores;
  const ofMachine: readonly CountingCircle[] =
    localCounters === undefined
      ? []
      : // Data from callers does not reach the process on which all workers depend.
        [{ counters: localCounters, keyOf: (source) => toHash(`${prefix}\0${name}\0${source}`) }];
  if (redis === undefined) return { circles: ofMachine, close: async () => {} };
  const use = stores.acquireCounters(toRedisOptions(redis));
  const ofReplicas = {
    counters: use.counters,
    keyOf: (source: string) => `${prefix}:${name}:${toKeyPart(source)}`,
  };
  return { circles: [ofReplicas, ...ofMachine], close: () => use.release() };
}

const toHash = (text: string): string => createHash('sha256').update(text).digest('base64url');

/** Maximum characters of a source in a key, as in Traefik; a longer source is replaced by its hash. */
const maxSourceLength = 256;
const toKeyPart = (source: string): string => (source.length <= maxSourceLength ? source : toHash(source));
