import { z } from 'zod';

const count = z.int().min(0);

/** A caller with a verified credential in the API. */
export const callerShape = z.strictObject({
  clientID: z.string().describe('Empty: the credential names none.'),
  middlewares: z.array(z.string()),
  credentials: count.describe('Distinct ones in the memory of a worker; the highest number of all workers.'),
  refused: count.describe('Those whose claims do not satisfy the middleware.'),
  expiresAt: z.iso.datetime().nullable().describe('When the last one expires; null: it does not.'),
});

export type CallerView = z.output<typeof callerShape>;
