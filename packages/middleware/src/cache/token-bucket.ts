/** How a token bucket fills, and how long a request may wait for its token. */
export interface BucketLimits {
  /** Tokens per millisecond; above 0. */
  readonly perMs: number;
  /** Most tokens; 1 and up. */
  readonly size: number;
  /** Milliseconds that a request waits at most. */
  readonly maxWaitMs: number;
}

/** What a request got from a bucket. */
export interface BucketGrant {
  /** Tokens taken, the request's own included; 0: it is refused, and has taken none. */
  readonly granted: number;
  /** Milliseconds until its token is there; of a refused one, as it would have been. */
  readonly waitMs: number;
}

/** As golang.org/x/time/rate and Traefik have it: it fills with time, and each request takes a token. */
export interface TokenBucket {
  /** Below 0: of requests that wait. */
  tokens: number;
  /** `Clock.monotonic()` */
  filledAtMs: number;
}

/** Most tokens that one process takes at once for requests to come. */
const maxSpare = 64;

export const createTokenBucket = ({ size }: BucketLimits, nowMs: number): TokenBucket => ({
  tokens: size,
  filledAtMs: nowMs,
});

/** Tokens that one process may take for requests to come: a sixteenth of the bucket. */
export const maxSpareOf = ({ size }: Pick<BucketLimits, 'size'>): number =>
  Math.min(maxSpare, Math.floor(size / 16));

/** Takes a token. With `isShared`, a bucket that is half full or more also gives some for requests to come. */
export function takeToken(
  bucket: TokenBucket,
  { perMs, size, maxWaitMs }: BucketLimits,
  nowMs: number,
  isShared: boolean,
): BucketGrant {
  bucket.tokens = Math.min(size, bucket.tokens + Math.max(0, nowMs - bucket.filledAtMs) * perMs);
  bucket.filledAtMs = nowMs;
  const left = bucket.tokens - 1;
  if (left < 0) {
    const waitMs = -left / perMs;
    if (waitMs > maxWaitMs) return { granted: 0, waitMs };
    bucket.tokens = left;
    return { granted: 1, waitMs };
  }
  const spare = isShared && left >= size / 2 ? maxSpareOf({ size }) : 0;
  bucket.tokens = left - spare;
  return { granted: 1 + spare, waitMs: 0 };
}
