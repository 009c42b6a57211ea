import { z } from 'zod';
import { toHeaderBytes } from '../header-lists.ts';
import { defineKind } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { unchanged, type Step, type StepRequest } from '../step.ts';
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
  read: (config, sources) => readOptions(schema, config, sources, { ignored }),
  createCompile: () => compile,
});

const ignored = { forceSlash: 'Traefik 3 removed it: a path always begins with a slash' };

const name = 'X-Forwarded-Prefix';
const lowerName = name.toLowerCase();
const removeHeaders: ReadonlySet<string> = new Set([lowerName]);

function compile({ prefixes }: StripPrefixOptions, stepName: string): Step {
  const kinds = prefixes.map((prefix) => ({
    prefix,
    setHeaders: Object.freeze([name, toHeaderBytes(prefix.trim())]),
  }));
  return Object.freeze({
    name: stepName,
    rewritesTarget: true,
    onRequest(request) {
      const { path, query } = splitTarget(request.target);
      for (const { prefix, setHeaders } of kinds) {
        const length = measurePrefix(path, prefix);
        if (length === undefined) continue;
        return {
          allowed: true,
          setHeaders: addToEarlier(request, setHeaders),
          removeHeaders,
          target: withSlash(path.slice(length)) + query,
        };
      }
      return unchanged;
    },
  } satisfies Step);
}

/** A prefix that was removed before stays in the header. */
function addToEarlier(request: StepRequest, setHeaders: readonly string[]): readonly string[] {
  const earlier = request.header(lowerName);
  return earlier === undefined ? setHeaders : [name, earlier, ...setHeaders];
}

/** What is left may be nothing: another prefix may follow, and the server gets a slash. */
const withSlash = (path: string): string => (path === '' || path.startsWith('/') ? path : `/${path}`);
