import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { unchanged, type Step } from '../step.ts';
import { encodePath } from '../target.ts';

const schema = z.strictObject({
  prefix: z.string().min(1).describe('The prefix.'),
});

type AddPrefixOptions = z.output<typeof schema>;

/** Traefik's `addPrefix`. */
export const addPrefix = defineKind<AddPrefixOptions>({
  name: 'addPrefix',
  isPlugin: false,
  description: 'Adds a prefix to the path.',
  schema: () => schema,
  read: (config, sources) => readOptions(schema, config, sources),
  createCompile: () => compile,
});

function compile({ prefix }: AddPrefixOptions, name: string): Step {
  const encoded = encodePath(prefix.startsWith('/') ? prefix : `/${prefix}`);
  return Object.freeze({
    name,
    rewritesTarget: true,
    onRequest: ({ target }) => ({ ...unchanged, target: encoded + target }),
  } satisfies Step);
}
