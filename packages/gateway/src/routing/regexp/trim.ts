import type { Syntax } from './syntax.ts';

/**
 * Removes repetitions at either end that do not change whether a text contains a match: `.{0,1000}Q.*` matches where `Q` does,
 * and takes a thousand times the work.
 */
export function trimEnds(syntax: Syntax): Syntax {
  return trim(trim(syntax, 0), -1);
}

/** @param end 0 for the first item of a sequence, -1 for the last. */
function trim(syntax: Syntax, end: 0 | -1): Syntax {
  switch (syntax.kind) {
    case 'group':
      return trim(syntax.item, end);
    case 'repeat':
      if (isNullable(syntax)) return nothing;
      // A match with more repetitions implies one with just those next to the rest.
      return { ...syntax, max: syntax.min };
    case 'alternatives':
      return { kind: 'alternatives', items: syntax.items.map((item) => trim(item, end)) };
    case 'sequence': {
      const items = [...syntax.items];
      for (let item = items.at(end); item !== undefined; item = items.at(end)) {
        const trimmed = trim(item, end);
        if (!isNothing(trimmed)) {
          items[end === 0 ? 0 : items.length - 1] = trimmed;
          break;
        }
        if (end === 0) items.shift();
        else items.pop();
      }
      return { kind: 'sequence', items };
    }
    default:
      return syntax;
  }
}

const nothing: Syntax = Object.freeze({ kind: 'sequence', items: Object.freeze([]) });

const isNothing = (syntax: Syntax): boolean => syntax.kind === 'sequence' && syntax.items.length === 0;

/** Whether it matches the empty text at every position. */
export function isNullable(syntax: Syntax): boolean {
  switch (syntax.kind) {
    case 'group':
      return isNullable(syntax.item);
    case 'repeat':
      return syntax.min === 0 || isNullable(syntax.item);
    case 'alternatives':
      return syntax.items.some(isNullable);
    case 'sequence':
      return syntax.items.every(isNullable);
    default:
      return false;
  }
}
