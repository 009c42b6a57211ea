import type { Call, Node } from '@grantgate/middleware/predicate/ast';
import { findFunction } from '@grantgate/middleware/predicate/functions';
import { host, toExactHost } from './matchers/host.ts';
import { matchers } from './matchers/matchers.ts';

/**
 * Hosts of which a request must have one for a rule to match, as far as the rule's `Host` matchers determine them;
 * undefined when other hosts may match as well. The empty set means that no request can match.
 */
export function exactHosts(rule: Node): ReadonlySet<string> | undefined {
  return hostsWhen(rule, true);
}

/** Hosts that are necessary for `node` to have the value `outcome`. Negation is pushed down to the calls (De Morgan). */
function hostsWhen(node: Node, outcome: boolean): ReadonlySet<string> | undefined {
  if (node.kind === 'not') return hostsWhen(node.operand, !outcome);
  if (node.kind === 'call') return outcome ? hostsOfCall(node) : undefined;
  const operands = node.operands.map((operand) => hostsWhen(operand, outcome));
  return (node.kind === 'and') === outcome ? intersection(operands) : union(operands);
}

function hostsOfCall(call: Call): ReadonlySet<string> | undefined {
  if (findFunction(matchers, call.name) !== host) return undefined;
  const exact = toExactHost(call.args[0]?.value ?? '');
  return exact === undefined ? undefined : new Set([exact]);
}

function intersection(
  operands: readonly (ReadonlySet<string> | undefined)[],
): ReadonlySet<string> | undefined {
  const known = operands.filter((hosts) => hosts !== undefined);
  const [first, ...rest] = known;
  return first && new Set([...first].filter((name) => rest.every((hosts) => hosts.has(name))));
}

function union(operands: readonly (ReadonlySet<string> | undefined)[]): ReadonlySet<string> | undefined {
  const all = new Set<string>();
  for (const hosts of operands) {
    if (hosts === undefined) return undefined;
    for (const name of hosts) all.add(name);
  }
  return all;
}
