import type { Node } from './ast.ts';

/** Prints a tree so that it parses back to an equal one. */
export function printPredicate(node: Node): string {
  if (node.kind === 'call') return `${node.name}(${node.args.map((arg) => quote(arg.value)).join(', ')})`;
  if (node.kind === 'not') return `!${wrap(node.operand)}`;
  return node.operands
    .map((operand) =>
      operand.kind === 'or' || operand.kind === node.kind ? wrap(operand) : printPredicate(operand),
    )
    .join(node.kind === 'and' ? ' && ' : ' || ');
}

const wrap = (node: Node): string =>
  node.kind === 'and' || node.kind === 'or' ? `(${printPredicate(node)})` : printPredicate(node);

function quote(value: string): string {
  if (!/[`\r]/.test(value)) return `\`${value}\``;
  return `"${value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n').replaceAll('\r', '\\r')}"`;
}
