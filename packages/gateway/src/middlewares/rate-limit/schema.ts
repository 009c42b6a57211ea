import { duration } from '@grantgate/middleware/options/duration';
import { z } from 'zod';
import { redisCountersSchema } from '../redis-counters.ts';
import { sourceCriterionSchema } from '../source-criterion.ts';

export const rateLimitSchema = z.strictObject({
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
  redis: redisCountersSchema
    .optional()
    .describe(
      'Counts in Redis for all replicas together, including those of Traefik. Default: each machine counts separately.',
    ),
});

export type RateLimitMiddlewareOptions = z.output<typeof rateLimitSchema>;
