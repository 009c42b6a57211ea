import type { Clock } from '@grantgate/middleware/base/clock';
import { createLru } from '@grantgate/middleware/base/lru';
import type { MaybePromise } from '@grantgate/middleware/base/maybe-promise';
import {
  createTokenBucket,
  takeToken,
  type BucketGrant,
  type BucketLimits,
  type TokenBucket,
} from '@grantgate/middleware/cache/token-bucket';

/** Returns the milliseconds that a request of a source must wait; a request that must wait too long is refused. */
export type TakeTurn = (source: string) => MaybePromise<number>;

/** Maximum number of sources to count, as in Traefik, evicted least recently seen first. */
const maxSources = 65_536;

/** Counts in this process alone. */
export function createLocalRate(limits: BucketLimits, clock: Clock): (source: string) => number {
  const buckets = createLru<string, TokenBucket>(maxSources);
  return (source) => {
    const now = clock.monotonic();
    let bucket = buckets.get(source);
    if (bucket === undefined) buckets.set(source, (bucket = createTokenBucket(limits, now)));
    return takeToken(bucket, limits, now, false).waitMs;
  };
}

/** This process's view of a shared bucket. */
interface BucketLease {
  /** Tokens reserved for later requests, until `endMs`. */
  tokens: number;
  endMs: number;
  /** Until then, the bucket has no token. */
  refusedUntilMs: number;
}

/** Milliseconds for which reserved tokens are kept. */
const leaseMs = 1_000;

/**
 * Counts with other processes. Each takes up to `maxSpareOf` tokens more than it needs, so that it need not send a message per request.
 * They come out of the shared bucket, so the rate is that of one bucket. In a burst, as many additional requests may pass as tokens are
 * reserved. A refusal is repeated without another message until a token can be available.
 *
 * @param take takes tokens of the shared bucket; undefined when it is unavailable, in which case `fallback` decides.
 */
export function createSharedRate(
  { maxWaitMs }: BucketLimits,
  clock: Clock,
  take: (source: string) => Promise<BucketGrant | undefined>,
  fallback: TakeTurn,
): TakeTurn {
  const leases = createLru<string, BucketLease>(maxSources);
  const note = (source: string, { granted, waitMs }: BucketGrant): number => {
    const now = clock.monotonic();
    let lease = leases.get(source);
    if (lease === undefined) leases.set(source, (lease = { tokens: 0, endMs: 0, refusedUntilMs: -Infinity }));
    if (granted === 0) lease.refusedUntilMs = now + waitMs - maxWaitMs;
    else {
      // Results of two concurrent requests replace each other.
      lease.tokens = granted - 1;
      lease.endMs = now + leaseMs;
    }
    return waitMs;
  };
  return (source) => {
    const lease = leases.get(source);
    if (lease !== undefined) {
      const now = clock.monotonic();
      if (lease.tokens >= 1 && now < lease.endMs) {
        lease.tokens -= 1;
        return 0;
      }
      if (now < lease.refusedUntilMs) return lease.refusedUntilMs - now + maxWaitMs;
    }
    return take(source).then((grant) => (grant === undefined ? fallback(source) : note(source, grant)));
  };
}
