import { z } from 'zod';
import { decodePercent, encodeByte } from '../../routing/percent.ts';
import { toHeaderBytes, type HeaderList } from '../../http1/message/header-list.ts';
import { defineKind } from '../kind.ts';
import { rewrittenPathInvalid } from '../new-path.ts';
import { expressionTooExpensive, isExhausted, patternSchema, startWork, toPattern } from '../patterns.ts';
import { readOptions } from '../read-options.ts';
import { unchanged, type Step } from '../step.ts';
import { forwardedPrefix, stripPath } from '../strip-path.ts';
import { measurePrefix, splitTarget } from '../target.ts';

const schema = z.strictObject({
  regex: z
    .array(patternSchema)
    .default([])
    .describe(
      "Regular expressions in Go's syntax; the match of the first one that matches the beginning of the decoded path is removed. The server gets it in `X-Forwarded-Prefix`.",
    ),
});

type StripPrefixRegexOptions = z.output<typeof schema>;

/** Traefik's `stripPrefixRegex`. */
export const stripPrefixRegex = defineKind<StripPrefixRegexOptions>({
  name: 'stripPrefixRegex',
  isPlugin: false,
  description: 'Removes a prefix that a regular expression matches from the path.',
  schema: () => schema,
  refusals: [rewrittenPathInvalid, expressionTooExpensive],
  read: (config, sources) => readOptions(schema, config, sources),
  createCompile: () => compile,
});

function compile({ regex }: StripPrefixRegexOptions, name: string): Step {
  const patterns = regex.map(toPattern);
  const toHeaders = createToHeaders();
  return Object.freeze({
    name,
    rewritesTarget: true,
    onRequest(request) {
      const target = splitTarget(request.target);
      const { path } = target;
      const decoded = path.includes('%') ? decodePercent(path, () => false) : path;
      const work = startWork();
      for (const pattern of patterns) {
        const prefix = pattern.test(decoded, work) ? pattern.find(decoded, work) : undefined;
        if (isExhausted(work)) return expressionTooExpensive.refusal;
        if (prefix === undefined || prefix === '' || !decoded.startsWith(prefix)) continue;
        const length = measurePrefix(path, prefix);
        if (length !== undefined) return stripPath(request, target, length, toHeaders(prefix));
      }
      return unchanged;
    },
  } satisfies Step);
}

/** Requests often have the same prefix; the same list allows the head of the request to be reused. */
function createToHeaders(): (prefix: string) => HeaderList {
  let last: HeaderList = [];
  let lastPrefix: string | undefined;
  return (prefix) => {
    if (prefix !== lastPrefix) last = Object.freeze([forwardedPrefix, toValue(prefix)]);
    lastPrefix = prefix;
    return last;
  };
}

/** The prefix as a header value: a decoded character may be a line break. */
const toValue = (prefix: string): string =>
  toHeaderBytes(prefix.replace(/[\x00-\x1f\x7f]/g, (character) => encodeByte(character.charCodeAt(0))));
