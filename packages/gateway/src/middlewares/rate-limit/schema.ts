import { duration } from '@grantgate/middleware/options/duration';
import { z } from 'zod';
import { clientTlsSchema } from '../client-tls.ts';
import { sourceCriterionSchema } from '../source-criterion.ts';

const noEffect = 'No effect: one connection carries the requests of a process.';

const redisSchema = z.strictObject({
  endpoints: z
    .array(z.string())
    .min(1, { error: 'expected one or more of host:port' })
    .default(['localhost:6379'])
    .describe('`host:port` of the server, or of nodes of a Redis Cluster.'),
  username: z.string().optional().describe('ACL user.'),
  password: z
    .string()
    .optional()
    .meta({ title: 'secret' })
    .describe('Of the ACL user, or of the default user.'),
  secret: z
    .string()
    .optional()
    .describe('Kubernetes: Secret with `username` and `password`, in place of both options.'),
  db: z.int().min(0).default(0).describe('Number of the database; a cluster has none.'),
  tls: clientTlsSchema.optional().describe('TLS to the server.'),
  readTimeout: duration
    .prefault('250ms')
    .transform((ms) => Math.min(Math.max(ms, 1), 10_000))
    .describe('Time that a request waits for Redis before the local bucket decides; at most 10s.'),
  writeTimeout: duration.optional().describe('No effect: `readTimeout` covers the whole operation.'),
  dialTimeout: duration.optional().describe('No effect: requests do not wait for a connection.'),
  poolSize: z.int().optional().describe(noEffect),
  minIdleConns: z.int().optional().describe(noEffect),
  maxActiveConns: z.int().optional().describe(noEffect),
});

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
  redis: redisSchema
    .optional()
    .describe(
      'Counts in Redis, for all replicas together, Traefik’s among them. Default: each machine counts.',
    ),
});

export type RateLimitMiddlewareOptions = z.output<typeof rateLimitSchema>;
export type RateLimitRedisOptions = z.output<typeof redisSchema>;
