import { createFindFailing } from '../predicate/failing.ts';
import type { Claims } from './claims.ts';
import { claimFunctions } from './functions.ts';

/** Maximum number of conditions to name, and of characters of each. */
const maxConditions = 5;
const maxCharacters = 200;

/**
 * Describes for operators which conditions of a `claims` expression fail, as written: ``Equals(`grp`, `admin`) is false``. It
 * contains no values of claims.
 */
export function createDescribeUnsatisfied(source: string): (claims: Claims) => string {
  // Parsed for the first refused token, not for each.
  let find: ReturnType<typeof createFindFailing<Claims>> | undefined;
  return (claims) => {
    const failing = (find ??= createFindFailing(source, claimFunctions))(claims);
    const named = failing
      .slice(0, maxConditions)
      .map(({ text, result }) => `${shorten(text)} is ${String(result)}`);
    const more = failing.length - named.length;
    return more > 0 ? `${named.join(', ')}, and ${more} more` : named.join(', ');
  };
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  const characters = Array.from(line.slice(0, 2 * maxCharacters + 2));
  return characters.length <= maxCharacters ? line : `${characters.slice(0, maxCharacters - 3).join('')}...`;
}
