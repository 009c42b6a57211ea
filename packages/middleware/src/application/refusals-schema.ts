import { z } from 'zod';

export const refusalsSchema = z
  .enum(['respond', 'error'], { error: 'expected respond or error' })
  .default('respond')
  .describe(
    "How a refusal ends. `respond`: with `application/problem+json`. `error`: the framework's error handling gets a `RefusalError`; with `node:http`, your `next` must look at its argument.",
  );

export type RefusalHandling = z.output<typeof refusalsSchema>;
