import { createHash } from 'node:crypto';
import type { SharedCounters, Stores } from '@grantgate/middleware/cache/stores';
import { toRedisOptions, type RedisCountersOptions } from './redis-counters.ts';

/** Processes that count the requests of a middleware together. */
export interface CountingCircle {
  readonly counters: SharedCounters;
  readonly keyOf: (source: string) => string;
}

export interface OpenCounters {
  /** The widest first: all replicas through Redis, then the workers of this machine. A process that is alone has none. */
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
      : // Data that callers send does not reach the process that all workers depend on.
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

/** Characters of a source that a key has, as Traefik has it; of a longer one, its hash. */
const maxSourceLength = 256;
const toKeyPart = (source: string): string => (source.length <= maxSourceLength ? source : toHash(source));
