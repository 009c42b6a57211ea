import { toHeaderBytes } from '../../http1/message/header-list.ts';
import { defineKind, type MiddlewareDeps } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { readWithRedis, redisSecretOptions } from '../redis-counters.ts';
import { defineRefusal, type StepRefusal } from '../refusal.ts';
import { openCounters } from '../shared-counters.ts';
import { compileSourceCriterion } from '../source-criterion.ts';
import { unchanged, type Step, type StepResult } from '../step.ts';
import { createLocalRate, createSharedRate, type TakeTurn } from './rate.ts';
import { rateLimitSchema, type RateLimitMiddlewareOptions } from './schema.ts';

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

/** Traefik's `rateLimit`; the workers of one machine count together, and with `redis` all replicas do. */
export const rateLimit = defineKind<RateLimitMiddlewareOptions>({
  name: 'rateLimit',
  isPlugin: false,
  description:
    'Limits the rate of requests from one source; each replica counts separately, unless `redis` is set.',
  schema: () => rateLimitSchema,
  refusals: [rateLimitExceeded],
  secretOptions: redisSecretOptions,
  read: (written, sources) =>
    readWithRedis(written, sources, (config) => readOptions(rateLimitSchema, config, sources)),
  createCompile: (deps) => (options, name) => compile(options, name, deps),
});

/** Maximum wait of a request, in milliseconds. */
const longestWaitMs = 500;

function compile(options: RateLimitMiddlewareOptions, name: string, deps: MiddlewareDeps): Step {
  const { average, period, burst, sourceCriterion } = options;
  if (average === 0) return Object.freeze({ name, onRequest: () => unchanged });
  const perMs = average / (period === 0 ? 1000 : period);
  const maxWaitMs = Math.min(longestWaitMs, 1 / (perMs * 2));
  const limits = { perMs, size: Math.max(1, burst), maxWaitMs };
  const sourceOf = compileSourceCriterion(sourceCriterion, 'address');
  const { takeTurn, close } = openRate(options, name, limits, deps);
  const toResult = (waitMs: number): StepResult | Promise<StepResult> => {
    if (waitMs === 0) return unchanged;
    if (waitMs > maxWaitMs) return toRefusal(waitMs);
    return new Promise((resolve) => void deps.clock.after(waitMs, () => resolve(unchanged)));
  };
  return Object.freeze({
    name,
    onRequest(request) {
      const waitMs = takeTurn(sourceOf(request));
      return typeof waitMs === 'number' ? toResult(waitMs) : waitMs.then(toResult);
    },
    close,
  } satisfies Step);
}

const toRefusal = (waitMs: number): StepRefusal => ({
  ...rateLimitExceeded.refusal,
  retryAfterSeconds: Math.ceil(Math.round(waitMs) / 1000),
  headers: ['X-Retry-In', toHeaderBytes(formatGoDuration(waitMs))],
});

/** Redis for all replicas, otherwise the primary process for this machine's workers, otherwise this process; each is a fallback. */
function openRate(
  { redis }: RateLimitMiddlewareOptions,
  name: string,
  limits: Parameters<typeof createLocalRate>[0],
  { clock, stores }: MiddlewareDeps,
): { readonly takeTurn: TakeTurn; readonly close: () => Promise<void> } {
  const { circles, close } = openCounters({ prefix: 'rate', name, redis, stores });
  const takeTurn = circles.reduceRight<TakeTurn>(
    (fallback, { counters, keyOf }) =>
      createSharedRate(limits, clock, (source) => counters.take(keyOf(source), limits), fallback),
    createLocalRate(limits, clock),
  );
  return { takeTurn, close };
}

/** A duration in the format of Go's `time.Duration`: `9.8s`, `1m0.5s`, `250ms`. @param ms 0 and up; rounded to microseconds. */
export function formatGoDuration(ms: number): string {
  const micros = Math.round(ms * 1000);
  if (micros === 0) return '0s';
  if (micros < 1000) return `${micros}µs`;
  if (micros < 1_000_000) return `${micros / 1000}ms`;
  const seconds = (micros % 60_000_000) / 1_000_000;
  const minutes = Math.floor(micros / 60_000_000);
  const hours = Math.floor(minutes / 60);
  if (hours > 0) return `${hours}h${minutes % 60}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
