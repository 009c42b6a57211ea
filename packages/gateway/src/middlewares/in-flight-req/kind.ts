import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { defineRefusal } from '../refusal.ts';
import { compileSourceCriterion, sourceCriterionSchema } from '../source-criterion.ts';
import { unchanged, type Step } from '../step.ts';

const schema = z.strictObject({
  amount: z.int().min(1).describe('Maximum number of concurrent requests from one source.'),
  sourceCriterion: sourceCriterionSchema.optional().describe('Groups requests by source. Default: by host.'),
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

/** Traefik's `inFlightReq`; each process counts for itself. */
export const inFlightReq = defineKind<InFlightReqOptions>({
  name: 'inFlightReq',
  isPlugin: false,
  description: 'Limits the number of concurrent requests; each worker and replica counts separately.',
  schema: () => schema,
  refusals: [tooManyInFlight],
  read: (config, sources) => readOptions(schema, config, sources),
  createCompile: () => compile,
});

function compile({ amount, sourceCriterion }: InFlightReqOptions, name: string): Step {
  const sourceOf = compileSourceCriterion(sourceCriterion, 'host');
  const underWay = new Map<string, number>();
  // By request: what a request is counted for when it begins is what it is counted for when it ends.
  const sources = new WeakMap<object, string>();
  return Object.freeze({
    name,
    onRequest(request) {
      const source = sourceOf(request);
      const count = underWay.get(source) ?? 0;
      if (count >= amount) return tooManyInFlight.refusal;
      underWay.set(source, count + 1);
      sources.set(request, source);
      return unchanged;
    },
    onEnd(request) {
      const source = sources.get(request);
      if (source === undefined) return;
      const count = underWay.get(source) ?? 0;
      if (count > 1) underWay.set(source, count - 1);
      else underWay.delete(source);
    },
  } satisfies Step);
}
