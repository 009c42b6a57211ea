import type { Node } from '../predicate/ast.ts';
import { parsePredicate } from '../predicate/parse.ts';

/** Claims with the scopes of a token: that of RFC 9068 section 2.2.3, and names that other servers use. */
const scopeClaims: ReadonlySet<string> = new Set(['scope', 'scp']);
/** RFC 6749 section 3.3. */
const scopeToken = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

/**
 * Scopes that every token must have to satisfy an expression of `claims`, for `scope` of challenges (RFC 6750 section 3):
 * ``SplitContains(`scope`, ` `, `orders:read`)`` or ``Contains(`scp`, `orders:read`)``, alone or joined by `&&`.
 *
 * @param source undefined: no expression.
 */
export function requiredScopesOf(source: string | undefined): readonly string[] {
  const parsed = source === undefined ? undefined : parsePredicate(source);
  return parsed?.ok === true ? [...new Set(scopesOf(parsed.ast))] : [];
}

function scopesOf(node: Node): readonly string[] {
  if (node.kind === 'and') return node.operands.flatMap(scopesOf);
  if (node.kind !== 'call') return [];
  const [claim = '', ...values] = node.args.map(({ value }) => value);
  const name = node.name.toLowerCase();
  // `Contains` on a text also matches parts of scopes.
  const scope =
    name === 'splitcontains' && scopeClaims.has(claim) && values[0] === ' '
      ? values[1]
      : name === 'contains' && claim === 'scp'
        ? values[0]
        : undefined;
  return scope !== undefined && scopeToken.test(scope) ? [scope] : [];
}
