import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { replacePathOf, toNewPath } from '../new-path.ts';
import type { Step } from '../step.ts';

const schema = z.strictObject({
  path: z
    .string()
    .default('')
    .describe('New path; the query is kept. The server gets the original path in `X-Replaced-Path`.'),
});

type ReplacePathOptions = z.output<typeof schema>;

/** Traefik's `replacePath`. */
export const replacePath = defineKind<ReplacePathOptions>({
  name: 'replacePath',
  isPlugin: false,
  description: 'Replaces the path.',
  schema: () => schema,
  read: (config, sources) => readOptions(schema, config, sources),
  createCompile: () => compile,
});

function compile({ path }: ReplacePathOptions, name: string): Step {
  const replacement = toNewPath(path);
  return Object.freeze({
    name,
    rewritesTarget: true,
    onRequest: (request) => replacePathOf(request, replacement),
  } satisfies Step);
}
