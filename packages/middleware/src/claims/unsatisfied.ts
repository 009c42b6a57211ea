import { createFindFailing } from '../predicate/failing.ts';
import type { Claims } from './claims.ts';
import { claimFunctions } from './functions.ts';

/** Conditions that are named, and characters of each. */
const maxConditions = 5;
const maxCharacters = 200;

/**
 * Says for operators which conditions of a `claims` expression fail, as they are written: ``Equals(`grp`, `admin`) is false``.
 * Values of claims are not in it.
 */
export function createDescribeUnsatisfied(source: string): (claims: Claims) => string {
  // Parsed for the first token that fails, not for each.
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
