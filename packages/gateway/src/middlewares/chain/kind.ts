import { z } from 'zod';
import type { CompositeKind, NameSchemas } from '../kind.ts';

/** Traefik's `chain`: several middlewares under one name. */
export const chain: CompositeKind = Object.freeze({
  name: 'chain',
  isPlugin: false,
  description: 'Several middlewares under one name.',
  schema: ({ middleware }: NameSchemas) =>
    z.strictObject({
      middlewares: z.array(middleware).describe('Names of middlewares, outermost first.'),
    }),
  members: 'middlewares',
});
