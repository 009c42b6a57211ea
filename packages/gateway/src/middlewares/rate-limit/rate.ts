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

/** Gives the milliseconds until it is the turn of a request of a source; more than it may wait: it is refused. */
export type TakeTurn = (source: string) => MaybePromise<number>;

/** Sources whose requests are counted, as in Traefik; the one that was seen longest ago is forgotten. */
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

/** This process's view of a bucket that it shares. */
interface BucketLease {
  /** Tokens taken for requests to come, until `endMs`. */
  tokens: number;
  endMs: number;
  /** Until then there is no token for anybody. */
  refusedUntilMs: number;
}

/** Milliseconds for which tokens that were taken for requests to come are kept. */
const leaseMs = 1_000;

/**
 * Counts with other processes. Each takes up to `maxSpareOf` tokens more than it needs, so that it need not ask for each request.
 * They come out of the shared bucket, so the rate is that of one bucket; in a burst, as many requests more may pass as tokens are
 * kept. A refusal holds without asking again until a token can be there.
 *
 * @param take takes tokens of the shared bucket; undefined when it is away: then `fallback` decides.
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
      // Results of two concurrent requests are not added up.
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
