import type { Mention } from './draft.ts';

interface NodeVisit {
  readonly node: string;
  readonly order: number;
  /** Lowest order that is reachable from here within the component. */
  low: number;
  onStack: boolean;
  next: number;
}

/**
 * Detects references that are part of a cycle: chains and weighted services may be nested, but not in a cycle. Two names
 * refer to each other if they are in one strongly connected component (Tarjan's algorithm: each reference is followed once,
 * without recursion, because a chain may be as long as the file).
 */
export function findCircles(mentions: readonly Mention[]): (mention: Mention) => boolean {
  const edges = new Map<string, string[]>();
  for (const { in: from, of: to } of mentions) {
    if (from.kind !== to.kind) continue;
    const targets = edges.get(toNode(from));
    if (targets === undefined) edges.set(toNode(from), [toNode(to)]);
    else targets.push(toNode(to));
  }
  const components = findComponents(edges);
  // An entry that refers to itself shares a component with itself, so it is found as well.
  return ({ in: from, of: to }) =>
    from.kind === to.kind && components.get(toNode(from)) === components.get(toNode(to));
}

const toNode = ({ kind, name }: { readonly kind: string; readonly name: string }): string =>
  `${kind}\0${name}`;

/** Number of the component of each node. */
function findComponents(edges: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, number> {
  const visits = new Map<string, NodeVisit>();
  const components = new Map<string, number>();
  const stack: NodeVisit[] = [];
  const path: NodeVisit[] = [];
  const enter = (node: string): void => {
    const visit = { node, order: visits.size, low: visits.size, onStack: true, next: 0 };
    visits.set(node, visit);
    stack.push(visit);
    path.push(visit);
  };
  for (const start of edges.keys()) {
    if (visits.has(start)) continue;
    enter(start);
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const target = edges.get(at.node)?.[at.next];
      if (target !== undefined) {
        at.next += 1;
        const seen = visits.get(target);
        if (seen === undefined) enter(target);
        else if (seen.onStack) at.low = Math.min(at.low, seen.order);
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) parent.low = Math.min(parent.low, at.low);
      if (at.low === at.order) closeComponent(at, stack, components);
    }
  }
  return components;
}

function closeComponent(root: NodeVisit, stack: NodeVisit[], components: Map<string, number>): void {
  for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
    member.onStack = false;
    components.set(member.node, root.order);
    if (member === root) return;
  }
}
