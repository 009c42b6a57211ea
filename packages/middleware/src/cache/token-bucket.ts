/** Rate and size of a token bucket, and the longest wait of a request. */
export interface BucketLimits {
  /** Tokens per millisecond; above 0. */
  readonly perMs: number;
  /** Maximum number of tokens; 1 and up. */
  readonly size: number;
  /** Maximum wait of a request, in milliseconds. */
  readonly maxWaitMs: number;
}

/** Result of taking a token from a bucket. */
export interface BucketGrant {
  /** Tokens taken, including the request's own; 0: the request is refused and took none. */
  readonly granted: number;
  /** Milliseconds until its token is available; for a refused request, until a token would have been available. */
  readonly waitMs: number;
}

/** As in golang.org/x/time/rate and Traefik: the bucket fills with time, and each request takes a token. */
export interface TokenBucket {
  /** Below 0 when requests wait for tokens. */
  tokens: number;
  /** `Clock.monotonic()` */
  filledAtMs: number;
}

/** Maximum number of tokens that one process reserves for later requests. */
const maxSpare = 64;

export const createTokenBucket = ({ size }: BucketLimits, nowMs: number): TokenBucket => ({
  tokens: size,
  filledAtMs: nowMs,
});

/** Tokens that one process may reserve for later requests: a sixteenth of the bucket. */
export const maxSpareOf = ({ size }: Pick<BucketLimits, 'size'>): number =>
  Math.min(maxSpare, Math.floor(size / 16));

/** Takes a token. With `isShared`, a bucket that is at least half full also reserves some for later requests. */
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
