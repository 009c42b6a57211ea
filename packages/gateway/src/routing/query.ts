import { decodePercent, encodeBareBytes, isWellFormed } from './percent.ts';

/** Maximum number of parameters of a query; a request with more is refused, whatever the rules. */
export const maxParameters = 1000;

/** Whether a query has more parameters than `maxParameters`. */
export function hasTooManyParameters(query: string): boolean {
  // A separator precedes each parameter but the first.
  if (query.length < maxParameters) return false;
  let separators = 0;
  for (let at = 0; at < query.length; at += 1) {
    const code = query.charCodeAt(at);
    if (code === ampersand || code === semicolon) separators += 1;
  }
  return separators >= maxParameters;
}

const ampersand = 0x26;
const semicolon = 0x3b;

/** Values of each parameter, in order, by its decoded name. */
export type Parameters = ReadonlyMap<string, readonly string[]>;

/**
 * Parses a query. `;` separates like `&`, as in Traefik by default; a pair with malformed percent-encoding is
 * ignored.
 */
export function parseQuery(query: string): Parameters {
  const parameters = new Map<string, string[]>();
  if (query === '') return parameters;
  for (const pair of query.split(/[&;]/)) {
    if (pair === '' || !isWellFormed(pair)) continue;
    const equals = pair.indexOf('=');
    const key = decode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1));
    const values = parameters.get(key);
    if (values === undefined) parameters.set(key, [value]);
    else values.push(value);
  }
  return parameters;
}

function decode(text: string): string {
  return decodePercent(encodeBareBytes(text.replaceAll('+', ' ')), () => false);
}
