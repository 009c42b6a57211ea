import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { replacePathOf, rewrittenPathInvalid } from '../new-path.ts';
import { expressionTooExpensive, isExhausted, patternSchema, startWork, toPattern } from '../patterns.ts';
import { readOptions } from '../read-options.ts';
import { unchanged, type Step } from '../step.ts';
import { encodePath, splitTarget } from '../target.ts';

const schema = z.strictObject({
  regex: patternSchema.default('').describe("Regular expression in Go's syntax, for the encoded path."),
  replacement: z
    .string()
    .default('')
    .describe(
      'Replaces every match; `$1` and `${name}` refer to groups. The server gets the original path in `X-Replaced-Path`.',
    ),
});

type ReplacePathRegexOptions = z.output<typeof schema>;

/** Traefik's `replacePathRegex`. */
export const replacePathRegex = defineKind<ReplacePathRegexOptions>({
  name: 'replacePathRegex',
  isPlugin: false,
  description: 'Replaces matches of a regular expression in the path.',
  schema: () => schema,
  refusals: [rewrittenPathInvalid, expressionTooExpensive],
  read: (config, sources) => readOptions(schema, config, sources),
  createCompile: () => compile,
});

function compile({ regex, replacement }: ReplacePathRegexOptions, name: string): Step {
  const { test, replaceWith } = toPattern(regex);
  const replace = replaceWith(replacement.trim());
  return Object.freeze({
    name,
    rewritesTarget: true,
    onRequest(request) {
      const { path } = splitTarget(request.target);
      const work = startWork();
      const replaced = test(path, work) ? replace(path, work) : undefined;
      if (isExhausted(work)) return expressionTooExpensive.refusal;
      if (replaced === undefined) return unchanged;
      const isPath = replaced === '' || replaced.startsWith('/');
      return isPath ? replacePathOf(request, encodePath(replaced)) : rewrittenPathInvalid.refusal;
    },
  } satisfies Step);
}
