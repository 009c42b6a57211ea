import { z } from 'zod';

const count = z.int().min(0);
const time = z.iso.datetime();
const ms = z.number().min(0);

/** A store in the API. */
export const storeShape = z.strictObject({
  name: z
    .string()
    .describe('`host:port`, one or more; `workers`: memory that the workers of this gateway share.'),
  topology: z.enum(['single', 'cluster', 'sentinel', 'workers']),
  masterSet: z.string().nullable().describe('Of Redis Sentinel.'),
  database: count.nullable(),
  tls: z.boolean(),
  middlewares: z.array(z.string()).describe('That use it; empty for `workers`.'),
  status: z
    .enum(['available', 'failing', 'unavailable', 'unknown'])
    .describe(
      '`failing`: connected, and the last operation failed; `unavailable`: requests continue without it; `unknown`: still connecting.',
    ),
  since: time.nullable().describe('When it became available or unavailable.'),
  reason: z.string().nullable().describe('Why it is unavailable.'),
  workers: z
    .strictObject({ total: count, unavailable: count })
    .describe('Processes that use it, and those for which it is unavailable.'),
  operations: count.describe('Successful ones, since the start.'),
  failures: count,
  invalidEntries: count.describe('Entries that could not be decrypted, and were replaced.'),
  lastSuccess: time.nullable(),
  lastFailure: z.strictObject({ at: time, operation: z.string(), reason: z.string() }).nullable(),
  latencyMs: z
    .strictObject({ p50: ms, p90: ms, p99: ms, max: ms, samples: count })
    .nullable()
    .describe('Of the last successful operations.'),
});

export type StoreView = z.output<typeof storeShape>;
