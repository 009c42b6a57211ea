import fc from 'fast-check';

/** Characters of a header name that are neither letters nor digits (RFC 9110 section 5.6.2). */
export const nameSigns: readonly string[] = Array.from("-_.!#$%&'*+^`|~");

/**
 * Every spelling that some server reads as `name`: each combination of separators instead of its own, including the name itself.
 * Letter cases vary between them. A name with three separators has 15 x 15 x 15 spellings.
 */
export function* spellingsOf(name: string): Generator<string> {
  const parts = name.split(/[^A-Za-z\d]/);
  const count = nameSigns.length ** (parts.length - 1);
  for (let index = 0; index < count; index += 1) {
    let rest = index;
    const spelled = parts.reduce((before, part) => {
      const sign = nameSigns[rest % nameSigns.length] ?? '-';
      rest = Math.floor(rest / nameSigns.length);
      return `${before}${sign}${part}`;
    });
    yield (letterCases[index % letterCases.length] ?? asWritten)(spelled);
  }
}

/** Those of `spellingsOf` that are not ordinary header names: each has another separator than `-` and than `name` has. */
export function forgedSpellingsOf(name: string): string[] {
  const lower = name.toLowerCase();
  return Array.from(spellingsOf(name)).filter((spelling) => spelling.toLowerCase() !== lower);
}

/** Any spelling of one of these names: any separators, any letter case, up to 64 characters. */
export function anySpellingOf(...names: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.constantFrom(...names),
      fc.array(fc.constantFrom(...nameSigns), { minLength: 64, maxLength: 64 }),
      fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }),
    )
    .map(([name, signs, coins]) =>
      Array.from(name, (character, at) => {
        if (!/[A-Za-z\d]/.test(character)) return signs[at] ?? '-';
        return coins[at] === true ? character.toUpperCase() : character.toLowerCase();
      }).join(''),
    );
}

const asWritten = (name: string): string => name;
const letterCases: readonly ((name: string) => string)[] = [
  asWritten,
  (name) => name.toLowerCase(),
  (name) => name.toUpperCase(),
  (name) =>
    name.replace(/[a-z]/gi, (letter, at: number) =>
      at % 2 === 0 ? letter.toUpperCase() : letter.toLowerCase(),
    ),
];
