import fc from 'fast-check';
import type { Node } from './ast.ts';

/** Trees of calls to the given functions, without positions in the source. */
export function trees(names: readonly string[], args: fc.Arbitrary<readonly string[]>): fc.Arbitrary<Node> {
  const place = { offset: 0, length: 0 };
  return fc.letrec<{ tree: Node }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 5 },
      fc.tuple(fc.constantFrom(...names), args).map(([name, values]): Node => ({
        kind: 'call',
        name,
        args: values.map((value) => ({ value, ...place })),
        ...place,
      })),
      tie('tree').map((operand): Node => ({ kind: 'not', operand, ...place })),
      fc
        .tuple(fc.constantFrom('and', 'or'), fc.array(tie('tree'), { minLength: 2, maxLength: 3 }))
        .map(([kind, operands]): Node => ({ kind, operands, ...place })),
    ),
  })).tree;
}

/** A tree without positions, for comparison. */
export function bare(node: Node): unknown {
  if (node.kind === 'call') return [node.name, ...node.args.map((arg) => arg.value)];
  return node.kind === 'not' ? { not: bare(node.operand) } : { [node.kind]: node.operands.map(bare) };
}
