import type { Claims, JsonValue } from '@grantgate/middleware/claims/claims';
import { claimJson } from '@grantgate/middleware/claims/text';
import type { CallExplanation } from '@grantgate/middleware/predicate/explain';
import { formatCalls } from '../calls.ts';
import type { Style } from '../style.ts';
import { formatPairs } from './format-pairs.ts';

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
