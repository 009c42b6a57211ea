import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { defineKind, type MiddlewareDeps } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { readWithRedis, redisCountersSchema, redisSecretOptions } from '../redis-counters.ts';
import { defineRefusal } from '../refusal.ts';
import { openCounters } from '../shared-counters.ts';
import { compileSourceCriterion, sourceCriterionSchema } from '../source-criterion.ts';
import { unchanged, type Step, type StepRequest, type StepResult } from '../step.ts';
import { createLocalSlots, createSharedSlots, type RequestSlots } from './slots.ts';

const schema = z.strictObject({
  amount: z
    .int()
    .min(0)
    .describe('Maximum number of concurrent requests from one source; 0: every request is refused.'),
  sourceCriterion: sourceCriterionSchema.optional().describe('Groups requests by source. Default: by host.'),
  redis: redisCountersSchema
    .optional()
    .describe('Counts in Redis, for all replicas together. Default: each machine counts.'),
});

type InFlightReqOptions = z.output<typeof schema>;

const tooManyInFlight = defineRefusal(
  {
    code: 'too_many_in_flight',
    status: 429,
    title: 'Too many requests',
    detail: 'too many concurrent requests',
  },
  '`inFlightReq`: `amount` requests of the source are in flight.',
);

/** Traefik's `inFlightReq`; the workers of one machine count together, and with `redis` all replicas do. */
export const inFlightReq = defineKind<InFlightReqOptions>({
  name: 'inFlightReq',
  isPlugin: false,
  description:
    'Limits the number of concurrent requests from one source; each replica counts separately, unless `redis` is set.',
  schema: () => schema,
  refusals: [tooManyInFlight],
  secretOptions: redisSecretOptions,
  read: (written, sources) =>
    readWithRedis(written, sources, (config) => readOptions(schema, config, sources)),
  createCompile: (deps) => (options, name) => compile(options, name, deps),
});

function compile(options: InFlightReqOptions, name: string, deps: MiddlewareDeps): Step {
  if (options.amount === 0)
    return Object.freeze({ name, onRequest: () => tooManyInFlight.refusal } satisfies Step);
  const sourceOf = compileSourceCriterion(options.sourceCriterion, 'host');
  const { slots, close } = openSlots(options, name, deps);
  // By request, so that the same source is counted when it begins and when it ends.
  const sources = new WeakMap<object, string>();
  const toResult = (request: StepRequest, source: string, granted: boolean): StepResult => {
    if (!granted) return tooManyInFlight.refusal;
    sources.set(request, source);
    return unchanged;
  };
  return Object.freeze({
    name,
    onRequest(request) {
      const source = sourceOf(request);
      const granted = slots.enter(source);
      return typeof granted === 'boolean'
        ? toResult(request, source, granted)
        : granted.then((late) => toResult(request, source, late));
    },
    onEnd(request) {
      const source = sources.get(request);
      if (source !== undefined) slots.leave(source);
    },
    close,
  } satisfies Step);
}

/** Redis for all replicas, otherwise the primary process for the workers of this machine, otherwise this process. */
function openSlots(
  { amount, redis }: InFlightReqOptions,
  name: string,
  { clock, stores }: MiddlewareDeps,
): { readonly slots: RequestSlots; readonly close: () => Promise<void> } {
  const { circles, close } = openCounters({ prefix: 'inflight', name, redis, stores });
  if (circles.length === 0) return { slots: createLocalSlots(amount), close };
  // Named separately: during a reload, the requests of the old configuration count beside those of the new one.
  const holder = randomBytes(9).toString('base64url');
  const slots = createSharedSlots(amount, clock, async (source, demand) => {
    for (const { counters, keyOf } of circles) {
      const grant = await counters.occupy(keyOf(source), holder, demand);
      if (grant !== undefined) return grant;
    }
    return undefined;
  });
  return { slots, close: () => slots.close().then(close) };
}
