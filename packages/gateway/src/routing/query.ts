import { decodePercent, encodeBareBytes, isWellFormed } from './percent.ts';

/**
 * Values of a query parameter, in order. `;` separates as `&` does, as in Traefik by default; a pair with a malformed
 * percent-encoding counts as absent.
 */
export function queryValues(query: string, key: string): string[] {
  const values: string[] = [];
  if (query === '') return values;
  for (const pair of query.split(/[&;]/)) {
    if (pair === '' || !isWellFormed(pair)) continue;
    const equals = pair.indexOf('=');
    if (decode(equals < 0 ? pair : pair.slice(0, equals)) !== key) continue;
    values.push(equals < 0 ? '' : decode(pair.slice(equals + 1)));
  }
  return values;
}

function decode(text: string): string {
  return decodePercent(encodeBareBytes(text.replaceAll('+', ' ')), () => false);
}
