import type { z } from 'zod';
import { defineKind } from '../kind.ts';
import { unchanged, type Step } from '../step.ts';
import { readFilter } from './read-filter.ts';
import { createChangePath } from './replace-prefix.ts';
import { urlRewriteSchema } from './schemas.ts';

type UrlRewriteOptions = z.output<typeof urlRewriteSchema>;

/** The filter `URLRewrite` of an HTTPRoute. */
export const urlRewrite = defineKind<UrlRewriteOptions>({
  name: 'urlRewrite',
  isPlugin: false,
  description: 'Changes the host and the path that the server receives.',
  schema: () => urlRewriteSchema,
  read: (config) => readFilter(urlRewriteSchema, config),
  createCompile: () => compile,
});

function compile({ hostname, path, matchedPrefix }: UrlRewriteOptions, name: string): Step {
  const changePath = createChangePath({ ...path, matchedPrefix });
  return Object.freeze({
    name,
    rewritesTarget: changePath !== undefined,
    onRequest: (request) => ({
      ...unchanged,
      ...(changePath !== undefined && { target: changePath(request.target) }),
      ...(hostname !== undefined && { host: hostname }),
    }),
  } satisfies Step);
}
