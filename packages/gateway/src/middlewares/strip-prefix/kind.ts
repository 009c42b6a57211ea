import { z } from 'zod';
import { toHeaderBytes } from '../../http1/message/header-list.ts';
import { defineKind } from '../kind.ts';
import { rewrittenPathInvalid } from '../new-path.ts';
import { readOptions } from '../read-options.ts';
import { unchanged, type Step } from '../step.ts';
import { forwardedPrefix, stripPath } from '../strip-path.ts';
import { measurePrefix, splitTarget } from '../target.ts';

const schema = z.strictObject({
  prefixes: z
    .array(z.string().regex(/^[^\x00-\x1f\x7f]*$/, { error: 'expected text without control characters' }))
    .default([])
    .describe(
      'Prefixes; the first that matches the decoded path is removed. The server gets it in `X-Forwarded-Prefix`.',
    ),
});

type StripPrefixOptions = z.output<typeof schema>;

/** Traefik's `stripPrefix`. */
export const stripPrefix = defineKind<StripPrefixOptions>({
  name: 'stripPrefix',
  isPlugin: false,
  description: 'Removes a prefix from the path.',
  schema: () => schema,
  refusals: [rewrittenPathInvalid],
  read: (config, sources) => readOptions(schema, config, sources, { ignored }),
  createCompile: () => compile,
});

const ignored = { forceSlash: 'Traefik 3 removed it: a path always begins with a slash' };

function compile({ prefixes }: StripPrefixOptions, stepName: string): Step {
  const kinds = prefixes.map((prefix) => ({
    prefix,
    setHeaders: Object.freeze([forwardedPrefix, toHeaderBytes(prefix.trim())]),
  }));
  return Object.freeze({
    name: stepName,
    rewritesTarget: true,
    onRequest(request) {
      const target = splitTarget(request.target);
      for (const { prefix, setHeaders } of kinds) {
        const length = measurePrefix(target.path, prefix);
        if (length !== undefined) return stripPath(request, target, length, setHeaders);
      }
      return unchanged;
    },
  } satisfies Step);
}
