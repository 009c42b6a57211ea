import type { Channel } from '../base/channel.ts';
import { createChannel } from '../base/channel.ts';
import type { Clock } from '../base/clock.ts';
import { fingerprint } from '../base/fingerprint.ts';
import type { Secret } from '../base/secret.ts';
import type { Tracing } from '../base/tracing.ts';
import type { BestEffortStore } from './best-effort-store.ts';
import { createBestEffortStore } from './best-effort-store.ts';
import { createDeferredStore } from './deferred-store.ts';
import { loadIoredis } from './redis/load-ioredis.ts';
import type { RedisStoreOptions } from './redis/options.ts';
import { createRotatingTokens } from './rotating-tokens.ts';
import type { SharedTokens } from './shared-tokens.ts';
import { createSharedTokens } from './shared-tokens.ts';
import type { StoreEvent } from './store-event.ts';
import type { SlotDemand, SlotGrant } from './slots.ts';
import type { TokenStore } from './store.ts';
import type { BucketGrant, BucketLimits } from './token-bucket.ts';

/** `store` of `oAuthClientCredentials`. */
export interface StoreOptions {
  readonly keyPrefix: string;
  /** 16, 24 or 32 bytes in UTF-8. */
  readonly secret: Secret;
  /** Other secrets that processes of the fleet still use, or already use; each in the form of `secret`. */
  readonly otherSecrets?: readonly Secret[] | undefined;
  readonly redis: RedisStoreOptions;
}

/** Stores in use. Middlewares with the same options share one, with its connections. */
export interface Stores {
  /** Starts to connect at the first use of these options. Must be released exactly once. */
  acquire(options: StoreOptions): StoreHandle;
  /** Store that middlewares without `store` share with the other processes of one gateway; undefined when there is none. */
  readonly local: SharedTokens | undefined;
  /** Counters that the processes of one gateway share; undefined: there is one process. */
  readonly localCounters: SharedCounters | undefined;
  /** Counters in Redis. Must be released exactly once. */
  acquireCounters(redis: RedisStoreOptions): CountersUse;
  /** Resolves when every store is ready, or after two seconds, the longest delay of a start. */
  started(): Promise<void>;
}

export interface StoreHandle {
  readonly shared: SharedTokens;
  release(): Promise<void>;
}

/** Token buckets and slots that several processes share. */
export interface SharedCounters {
  /** Takes a token; undefined when the store is unavailable. */
  take(key: string, limits: BucketLimits): Promise<BucketGrant | undefined>;
  /** Takes and returns slots; undefined when the store is unavailable. */
  occupy(key: string, holder: string, demand: SlotDemand): Promise<SlotGrant | undefined>;
}

export interface CountersUse {
  readonly counters: SharedCounters;
  release(): Promise<void>;
}

export interface StoresOptions {
  readonly clock: Clock;
  /** Default: no listener. */
  readonly events?: Channel<StoreEvent>;
  /** Returns a channel for each store, to distinguish their events; replaces `events`. */
  readonly eventsOf?:
    ((options: RedisStoreOptions, use: 'tokens' | 'counters') => Channel<StoreEvent>) | undefined;
  /** Default: Redis. */
  readonly open?: (options: RedisStoreOptions) => TokenStore;
  /** Traces operations on Redis. Default: none. */
  readonly tracing?: Tracing | undefined;
  /** For middlewares without `store`. Default: none. Its owner closes it. */
  readonly local?: LocalStore | undefined;
}

/** A store shared by the processes of one gateway. */
export interface LocalStore {
  readonly store: TokenStore;
  /** 16, 24 or 32 bytes that only these processes know. */
  readonly secret: Uint8Array;
  /** Channel separate from that of configured stores. */
  readonly events: Channel<StoreEvent>;
}

interface OpenStore {
  readonly bestEffort: BestEffortStore;
  readonly shared: SharedTokens;
  users: number;
}

export function createStores(options: StoresOptions): Stores {
  const { clock, open = openRedis, tracing } = options;
  const eventsOfAll = options.events ?? createChannel<StoreEvent>();
  const eventsOf = options.eventsOf ?? (() => eventsOfAll);
  const held = new Map<string, OpenStore>();
  const local = options.local && openLocal(options.local, clock);
  const counters = new Map<string, { readonly bestEffort: BestEffortStore; users: number }>();
  return {
    local: local?.tokens,
    localCounters: local?.counters,
    acquireCounters(redis) {
      const key = fingerprint(redis);
      let entry = counters.get(key);
      if (entry === undefined) {
        const events = eventsOf(redis, 'counters');
        entry = {
          bestEffort: createBestEffortStore(open(redis), {
            clock,
            events,
            budgetMs: redis.timeoutMs,
            tracing,
          }),
          users: 0,
        };
        counters.set(key, entry);
      }
      const mine = entry;
      mine.users += 1;
      return {
        counters: toCounters(mine.bestEffort),
        async release() {
          mine.users -= 1;
          if (mine.users > 0) return;
          counters.delete(key);
          await mine.bestEffort.close();
        },
      };
    },
    acquire({ keyPrefix, secret, otherSecrets = [], redis }) {
      const key = fingerprint({ keyPrefix, secret, otherSecrets, redis });
      let entry = held.get(key);
      if (entry === undefined) {
        const events = eventsOf(redis, 'tokens');
        const bestEffort = createBestEffortStore(open(redis), {
          clock,
          events,
          budgetMs: redis.timeoutMs,
          tracing,
        });
        const under = (one: Secret): SharedTokens => {
          const bytes = Buffer.from(one.reveal(), 'utf8');
          return createSharedTokens({ clock, events, store: bestEffort, secret: bytes, keyPrefix });
        };
        const others = otherSecrets.map(under);
        const shared = others.length === 0 ? under(secret) : createRotatingTokens(under(secret), others);
        entry = { bestEffort, shared, users: 0 };
        held.set(key, entry);
      }
      const mine = entry;
      mine.users += 1;
      return {
        shared: mine.shared,
        async release() {
          mine.users -= 1;
          if (mine.users > 0) return;
          held.delete(key);
          await mine.bestEffort.close();
        },
      };
    },
    async started() {
      const all = [...held.values(), ...counters.values()];
      await Promise.all(all.map(({ bestEffort }) => bestEffort.started()));
    },
  };
}

/** Time limit in milliseconds for operations of the store that the workers of a machine share. */
const sharedBudgetMs = 250;

/** @throws Error when `ioredis` is not installed. */
function openRedis(options: RedisStoreOptions): TokenStore {
  loadIoredis();
  return createDeferredStore(async () =>
    (await import('./redis/create-redis-store.ts')).createRedisStore(options),
  );
}

const toCounters = (bestEffort: BestEffortStore): SharedCounters => ({
  async take(key, limits) {
    const attempted = await bestEffort.attempt('take', (store) => store.take(key, limits));
    return attempted.ok ? attempted.value : undefined;
  },
  async occupy(key, holder, demand) {
    const attempted = await bestEffort.attempt('occupy', (store) => store.occupy(key, holder, demand));
    return attempted.ok ? attempted.value : undefined;
  },
});

function openLocal(
  { store, secret, events }: LocalStore,
  clock: Clock,
): { readonly tokens: SharedTokens; readonly counters: SharedCounters } {
  const bestEffort = createBestEffortStore(store, { clock, events, budgetMs: sharedBudgetMs });
  const tokens = createSharedTokens({ clock, events, store: bestEffort, secret, keyPrefix: '' });
  return { tokens, counters: toCounters(bestEffort) };
}
