import { z } from 'zod';
import { defineKind } from '../kind.ts';
import { expressionTooExpensive, isExhausted, patternSchema, startWork, toPattern } from '../patterns.ts';
import { readOptions } from '../read-options.ts';
import { toRedirect } from '../redirect.ts';
import { defineRefusal } from '../refusal.ts';
import { unchanged, type Step } from '../step.ts';
import { isWellFormed } from '../../routing/percent.ts';
import { encodePath } from '../target.ts';

const schema = z.strictObject({
  regex: patternSchema.describe(
    "Regular expression in Go's syntax, for the whole URL: `http://api.example/path?query`.",
  ),
  replacement: z
    .string()
    .describe(
      'Replaces every match; `$1` and `${name}` refer to groups. The result is the URL to redirect to.',
    ),
  permanent: z
    .boolean()
    .default(false)
    .describe('Uses 301, or 308 for methods other than `GET`; otherwise 302 or 307.'),
});

type RedirectRegexOptions = z.output<typeof schema>;

const redirectInvalid = defineRefusal(
  {
    code: 'redirect_invalid',
    status: 502,
    title: 'Bad gateway',
    detail: 'the URL to redirect to is not valid',
  },
  '`redirectRegex`: the result of `replacement` is not a valid URL.',
);

/** Traefik's `redirectRegex`. */
export const redirectRegex = defineKind<RedirectRegexOptions>({
  name: 'redirectRegex',
  isPlugin: false,
  description: 'Redirects callers to a URL that a regular expression derives from the requested URL.',
  schema: () => schema,
  refusals: [redirectInvalid, expressionTooExpensive],
  read: (config, sources) => readOptions(schema, config, sources),
  createCompile: () => compile,
});

function compile({ regex, replacement, permanent }: RedirectRegexOptions, name: string): Step {
  const { test, replaceWith } = toPattern(regex);
  const replace = replaceWith(replacement);
  return Object.freeze({
    name,
    onRequest(request) {
      const { facts, authority, target } = request;
      const before = `${facts.scheme}://${authority}${target}`;
      const work = startWork();
      const after = test(before, work) ? replace(before, work) : before;
      if (isExhausted(work)) return expressionTooExpensive.refusal;
      const location = toLocation(after);
      if (location === undefined) return redirectInvalid.refusal;
      return after === before ? unchanged : toRedirect(request, location, permanent);
    },
  } satisfies Step);
}

const parts = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(\/\/[^/?#]*)?([^?#]*)(\?[^#]*)?(#.*)?$/s;
const authority = /^\/\/(?:[^@"<>\\^`{|}% ]*@)?(?:\[[0-9A-Fa-f:.]+\]|[^@:"<>\\^`{|}% ]*)(?::\d*)?$/;

/**
 * A URL in a form suitable for `Location` (RFC 9110 section 10.2.2): invalid characters are percent-encoded. Undefined for text that
 * Go's `url.Parse` does not accept either: control characters, a malformed host or percent-encoding.
 */
export function toLocation(text: string): string | undefined {
  if (/[\x00-\x1f\x7f]/.test(text)) return undefined;
  const [, scheme, host = '', path = '', query = '', fragment = ''] = parts.exec(text) ?? [];
  if (host !== '' && !authority.test(host)) return undefined;
  if (!isWellFormed(path) || !isWellFormed(fragment)) return undefined;
  // Otherwise the text before a colon would be read as a scheme.
  if (scheme === undefined && host === '' && /^[^/]*:/.test(path)) return undefined;
  const start = scheme === undefined ? '' : `${scheme.toLowerCase()}:`;
  return start + encodeRest(host) + encodePath(path) + encodeRest(query) + encodeRest(fragment);
}

/** Text that may itself contain `?` or `#`. */
const encodeRest = (text: string): string =>
  text.replace(/[^!-~]|["<>\\^`{|}]/gu, (character) => encodePath(character));
