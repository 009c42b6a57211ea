import type { Node } from '@grantgate/middleware/predicate/ast';
import { findFunction } from '@grantgate/middleware/predicate/functions';
import { host } from './matchers/host.ts';
import { matchers } from './matchers/matchers.ts';

/**
 * The priority of a router that names none, as in Traefik: the length of its rule in bytes. The stars of `**.example.com`
 * do not count, so that it ranks below `*.example.com` and the exact hosts it covers.
 */
export function defaultPriority(source: string, rule: Node): number {
  return Buffer.byteLength(source) - 2 * countDoubleWildcards(rule, true);
}

/** Calls of `Host` with a double wildcard that stand under an even number of negations. */
function countDoubleWildcards(node: Node, positive: boolean): number {
  if (node.kind === 'not') return countDoubleWildcards(node.operand, !positive);
  if (node.kind === 'call')
    return positive &&
      findFunction(matchers, node.name) === host &&
      node.args[0]?.value.startsWith('**.') === true
      ? 1
      : 0;
  return node.operands.reduce((sum, operand) => sum + countDoubleWildcards(operand, positive), 0);
}
