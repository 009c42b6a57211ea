import { z } from 'zod';
import { toRefusedCharacters } from '../../routing/request-path.ts';
import { defineKind } from '../kind.ts';
import { readOptions } from '../read-options.ts';
import { defineRefusal } from '../refusal.ts';
import { unchanged, type Step } from '../step.ts';
import { splitTarget } from '../target.ts';

const allow = (what: string): z.ZodDefault<z.ZodBoolean> =>
  z.boolean().default(false).describe(`Accepts paths with ${what}.`);

const schema = z.strictObject({
  allowEncodedSlash: allow('an encoded slash (`%2F`)'),
  allowEncodedBackSlash: allow('an encoded backslash (`%5C`)'),
  allowEncodedNullCharacter: allow('an encoded null character (`%00`)'),
  allowEncodedSemicolon: allow('an encoded semicolon (`%3B`)'),
  allowEncodedPercent: allow('an encoded percent sign (`%25`)'),
  allowEncodedQuestionMark: allow('an encoded question mark (`%3F`)'),
  allowEncodedHash: allow('an encoded number sign (`%23`)'),
});

type EncodedCharactersOptions = z.output<typeof schema>;

const characterNotAllowed = defineRefusal(
  {
    code: 'encoded_character_not_allowed',
    status: 400,
    title: 'Bad request',
    detail: 'the path has an encoded character that is not allowed here',
  },
  '`encodedCharacters`: the path has an encoded character that no option allows.',
);

/** Traefik's `encodedCharacters`. */
export const encodedCharacters = defineKind<EncodedCharactersOptions>({
  name: 'encodedCharacters',
  isPlugin: false,
  description:
    "Refuses paths with encoded characters that servers read differently; the entry point's `encodedCharacters` comes first.",
  schema: () => schema,
  refusals: [characterNotAllowed],
  read: (config, sources) => readOptions(schema, config, sources),
  createCompile: () => compile,
});

function compile(options: EncodedCharactersOptions, name: string): Step {
  const refused = toRefusedCharacters(options);
  if (refused === undefined) return Object.freeze({ name, onRequest: () => unchanged });
  return Object.freeze({
    name,
    onRequest: ({ target }) =>
      refused.test(splitTarget(target).path) ? characterNotAllowed.refusal : unchanged,
  } satisfies Step);
}
