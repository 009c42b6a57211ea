import { z } from 'zod';
import { place, status } from './shapes.ts';

const count = z.int().min(0);

/** The route of a request, and the reasons why others do not match. */
export const explanationShape = z.strictObject({
  request: z.strictObject({
    method: z.string(),
    scheme: z.enum(['http', 'https']),
    host: z.string(),
    path: z.string(),
    query: z.string(),
    clientIP: z.string(),
  }),
  results: z.array(
    z.strictObject({
      entryPoint: z.string(),
      outcome: z.enum(['matched', 'refused', 'no_route']),
      summary: z.string(),
      router: z
        .strictObject({
          name: z.string(),
          rule: z.string(),
          priority: z.number(),
          status,
          service: z.string(),
          place: place.optional(),
          error: z.array(z.string()).optional(),
        })
        .nullable(),
      middlewares: z.array(
        z.strictObject({ name: z.string(), type: z.string(), status, effect: z.string() }),
      ),
      others: z
        .array(
          z.strictObject({
            name: z.string(),
            rule: z.string(),
            priority: z.number(),
            matches: z.boolean(),
            reason: z.string(),
            failed: z.array(z.strictObject({ call: z.string(), actual: z.string() })),
          }),
        )
        .describe('Other routers of the entry point, the most similar first.'),
      omitted: count,
    }),
  ),
});

export type ApiExplanation = z.output<typeof explanationShape>;
