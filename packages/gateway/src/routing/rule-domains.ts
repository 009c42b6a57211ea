import type { Node } from '@grantgate/middleware/predicate/ast';
import { findFunction } from '@grantgate/middleware/predicate/functions';
import { parsePredicate } from '@grantgate/middleware/predicate/parse';
import { host } from './matchers/host.ts';
import { matchers } from './matchers/matchers.ts';

/**
 * The arguments of `Host` in a rule, those that are negated left out, in lower case: the names by which TLS options are chosen, as
 * in Traefik. Empty for a rule that cannot be read.
 */
export function domainsOf(rule: string): ReadonlySet<string> {
  const domains = new Set<string>();
  const parsed = parsePredicate(rule);
  if (parsed.ok) collect(parsed.ast, true, domains);
  return domains;
}

function collect(node: Node, isPositive: boolean, domains: Set<string>): void {
  if (node.kind === 'not') collect(node.operand, !isPositive, domains);
  else if (node.kind !== 'call') for (const operand of node.operands) collect(operand, isPositive, domains);
  else if (isPositive && findFunction(matchers, node.name) === host) {
    const name = node.args[0]?.value.toLowerCase().replace(/\.$/, '') ?? '';
    if (name !== '') domains.add(name);
  }
}
