import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import type { Step } from '../step.ts';
import { encodePath, splitTarget } from '../target.ts';

const schema = z.strictObject({
  path: z
    .string()
    .default('')
    .describe('New path; the query stays. The server gets the original path in `X-Replaced-Path`.'),
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

const removeHeaders: ReadonlySet<string> = new Set(['x-replaced-path']);

function compile({ path: written }: ReplacePathOptions, name: string): Step {
  const replacement = encodePath(written.startsWith('/') ? written : `/${written}`);
  return Object.freeze({
    name,
    rewritesTarget: true,
    onRequest(request) {
      const { path, query } = splitTarget(request.target);
      return {
        allowed: true,
        setHeaders: ['X-Replaced-Path', path],
        removeHeaders,
        target: replacement + query,
      };
    },
  } satisfies Step);
}
