import { z } from 'zod';

export const circuitState = z
  .enum(['closed', 'open', 'recovering'])
  .describe('`open`: refuses all requests; `recovering`: refuses some of them. The worst of all workers.');

export const circuitShape = z.strictObject({
  state: circuitState,
  until: z.iso.datetime().nullable().describe('When the state ends by itself.'),
  workers: z.strictObject({ total: z.int().min(0), open: z.int().min(0).describe('Not `closed`.') }),
});

export type CircuitView = z.output<typeof circuitShape>;
