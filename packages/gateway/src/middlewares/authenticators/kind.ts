import { z } from 'zod';
import type { CombiningKind, NameSchemas } from '../kind.ts';
import { combineAuthenticators } from './combine.ts';

/** Several authenticating middlewares, of which one decides on a request. */
export const authenticators: CombiningKind = Object.freeze({
  name: 'authenticators',
  isPlugin: true,
  description: 'Lets callers choose between several ways to authenticate.',
  schema: ({ middleware }: NameSchemas) =>
    z.strictObject({
      any: z
        .array(middleware)
        .min(1)
        .describe(
          'Names of middlewares that authenticate callers. The first whose credential a request carries decides on it.',
        ),
    }),
  members: 'any',
  combine: combineAuthenticators,
});
