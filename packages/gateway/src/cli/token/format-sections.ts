import type { Claims, JsonValue } from '@grantgate/middleware/claims/claims';
import { claimJson } from '@grantgate/middleware/claims/text';
import type { CallExplanation } from '@grantgate/middleware/predicate/explain';
import { formatCalls } from '../calls.ts';
import type { Style } from '../style.ts';

/** The claims of a token; numbers are written as in the token. */
export function formatClaims(claims: Claims, style: Style, title = 'claims'): string {
  const pairs = Object.entries(claims).map(
    ([name, value]: [string, JsonValue]) => [name, claimJson(value)] as const,
  );
  return `\n${style.strong(title)}\n${formatPairs(pairs)}`;
}

/** The evaluation of the option `claims`; empty without one. */
export const formatPredicate = (calls: readonly CallExplanation[], style: Style): string =>
  calls.length === 0 ? '' : `\n${style.strong('predicate')}\n${formatCalls(calls, style)}`;

/** The headers that a server receives; empty without any. */
export const formatHeaders = (headers: readonly (readonly [string, string])[], style: Style): string =>
  headers.length === 0 ? '' : `\n${style.strong('headers')}\n${formatPairs(headers)}`;

/** Names and values in two columns. */
export function formatPairs(pairs: readonly (readonly [string, string])[]): string {
  const width = Math.max(0, ...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`.trimEnd() + '\n').join('');
}

/**
 * The headers that a server receives, name and value.
 * @param credentialHeader the header whose value is a credential, which is not shown.
 */
export function toShownHeaders(
  raw: readonly string[],
  credentialHeader: string,
): readonly (readonly [string, string])[] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? '';
    // Values are the bytes of UTF-8, one per character.
    const value = Buffer.from(raw[at + 1] ?? '', 'latin1').toString('utf8');
    if (name.toLowerCase() !== credentialHeader.toLowerCase()) pairs.push([name, value]);
    else pairs.push([name === 'authorization' ? 'Authorization' : name, '[hidden]']);
  }
  return pairs;
}
