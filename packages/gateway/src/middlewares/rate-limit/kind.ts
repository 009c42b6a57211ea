import type { Clock } from '@grantgate/middleware/base/clock';
import { createLru } from '@grantgate/middleware/base/lru';
import { duration } from '@grantgate/middleware/options/duration';
import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { defineRefusal } from '../refusal.ts';
import { compileSourceCriterion, sourceCriterionSchema } from '../source-criterion.ts';
import { unchanged, type Step } from '../step.ts';

const schema = z.strictObject({
  average: z
    .int()
    .min(0)
    .default(0)
    .describe('Average number of requests of one source per `period`; 0: no limit.'),
  period: duration.prefault('1s').describe('Period of `average`.'),
  burst: z.int().min(0).default(1).describe('Number of requests of one source that may arrive at once.'),
  sourceCriterion: sourceCriterionSchema
    .optional()
    .describe('Groups requests by source. Default: by address.'),
});

type RateLimitMiddlewareOptions = z.output<typeof schema>;

const rateLimitExceeded = defineRefusal(
  {
    code: 'rate_limit_exceeded',
    status: 429,
    title: 'Too many requests',
    detail: 'too many requests in this period',
    retryAfterSeconds: 1,
  },
  '`rateLimit`: the source sends more requests than `average` and `burst` allow.',
);

/** Traefik's `rateLimit`; each process counts for itself. */
export const rateLimit = defineKind<RateLimitMiddlewareOptions>({
  name: 'rateLimit',
  isPlugin: false,
  description: 'Limits the rate of requests from one source; each worker and replica counts separately.',
  schema: () => schema,
  refusals: [rateLimitExceeded],
  read: (config, sources) => readOptions(schema, config, sources, { unsupported: ['redis'] }),
  createCompile:
    ({ clock }) =>
    (options, name) =>
      compile(options, name, clock),
});

/** Sources whose requests are counted, as in Traefik; the one that was seen longest ago is forgotten. */
const maxSources = 65_536;
/** Milliseconds that a request waits at most for its turn. */
const longestWaitMs = 500;

/** A token bucket: it fills with time, and each request takes one. */
interface TokenBucket {
  /** Below 0: of requests that wait. */
  tokens: number;
  /** `Clock.monotonic()` */
  filledAtMs: number;
}

function compile(
  { average, period, burst, sourceCriterion }: RateLimitMiddlewareOptions,
  name: string,
  clock: Clock,
): Step {
  if (average === 0) return Object.freeze({ name, onRequest: () => unchanged });
  const perMs = average / (period === 0 ? 1000 : period);
  const size = Math.max(1, burst);
  const maxWaitMs = Math.min(longestWaitMs, 1 / (perMs * 2));
  const sourceOf = compileSourceCriterion(sourceCriterion, 'address');
  const buckets = createLru<string, TokenBucket>(maxSources);
  /** Milliseconds until it is the turn of a request of the source. */
  const take = (source: string): number => {
    const now = clock.monotonic();
    let bucket = buckets.get(source);
    if (bucket === undefined) buckets.set(source, (bucket = { tokens: size, filledAtMs: now }));
    bucket.tokens = Math.min(size, bucket.tokens + (now - bucket.filledAtMs) * perMs);
    bucket.filledAtMs = now;
    bucket.tokens -= 1;
    const waitMs = bucket.tokens >= 0 ? 0 : -bucket.tokens / perMs;
    // Whoever is refused has taken nothing.
    if (waitMs > maxWaitMs) bucket.tokens += 1;
    return waitMs;
  };
  return Object.freeze({
    name,
    onRequest(request) {
      const waitMs = take(sourceOf(request));
      if (waitMs === 0) return unchanged;
      if (waitMs > maxWaitMs)
        return { ...rateLimitExceeded.refusal, retryAfterSeconds: Math.ceil(waitMs / 1000) };
      return new Promise((resolve) => void clock.after(waitMs, () => resolve(unchanged)));
    },
  } satisfies Step);
}
