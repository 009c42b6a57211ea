import type { Call, Node } from '@grantgate/middleware/predicate/ast';
import { findFunction } from '@grantgate/middleware/predicate/functions';
import { matchers } from './matchers/matchers.ts';
import { path, pathPrefix } from './matchers/path.ts';

/** A path, or a prefix of paths. */
export interface PathKey {
  readonly kind: 'exact' | 'prefix';
  readonly path: string;
}

/**
 * Keys of which a request's path must match one for a rule to match, as far as the rule's `Path` and
 * `PathPrefix` matchers determine them; undefined when other paths may match as well.
 */
export function exactPaths(rule: Node): readonly PathKey[] | undefined {
  return pathsWhen(rule, true);
}

/** Keys that are necessary for `node` to have the value `outcome`. Negation is pushed down to the calls (De Morgan). */
function pathsWhen(node: Node, outcome: boolean): readonly PathKey[] | undefined {
  if (node.kind === 'not') return pathsWhen(node.operand, !outcome);
  if (node.kind === 'call') return outcome ? pathsOfCall(node) : undefined;
  const operands = node.operands.map((operand) => pathsWhen(operand, outcome));
  return (node.kind === 'and') === outcome ? narrowest(operands) : union(operands);
}

function pathsOfCall(call: Call): readonly PathKey[] | undefined {
  const matcher = findFunction(matchers, call.name);
  const written = call.args[0]?.value ?? '';
  if (matcher === path) return [{ kind: 'exact', path: written }];
  return matcher === pathPrefix ? [{ kind: 'prefix', path: written }] : undefined;
}

/** Of several conditions that must all hold, each is necessary: this picks the one that probably matches the fewest paths. */
function narrowest(operands: readonly (readonly PathKey[] | undefined)[]): readonly PathKey[] | undefined {
  const width = (keys: readonly PathKey[]): number =>
    keys.reduce((sum, { kind, path: text }) => sum + (kind === 'exact' ? 0 : 1 / (1 + text.length)), 0);
  let best: readonly PathKey[] | undefined;
  for (const keys of operands)
    if (keys !== undefined && (best === undefined || width(keys) < width(best))) best = keys;
  return best;
}

function union(operands: readonly (readonly PathKey[] | undefined)[]): readonly PathKey[] | undefined {
  const all: PathKey[] = [];
  for (const keys of operands) {
    if (keys === undefined) return undefined;
    all.push(...keys);
  }
  return all;
}
