import type { Call, Node } from './ast.ts';
import { compileTree } from './compile.ts';
import type { FunctionTable } from './functions.ts';
import { parsePredicate } from './parse.ts';

/** A call that prevents an expression from being true. */
export interface FailingCall {
  /** The call as written. */
  readonly text: string;
  /** Its result: true for one below a `!`. */
  readonly result: boolean;
}

/**
 * Finds the calls that make an expression false, in source order: for `&&` the false ones, for `||` all of them, for `!` the
 * reverse. The result contains nothing of the context. Empty for an expression that is true or does not compile.
 */
export function createFindFailing<C>(
  source: string,
  table: FunctionTable<C>,
): (context: C) => readonly FailingCall[] {
  const parsed = parsePredicate(source);
  if (!parsed.ok) return () => [];
  const { ast } = parsed;
  return (context) => {
    const evaluate = (node: Node): boolean => {
      const compiled = compileTree(node, source, table);
      return compiled.ok && compiled.evaluate(context);
    };
    const find = (node: Node, wanted: boolean): readonly Call[] => {
      if (node.kind === 'not') return find(node.operand, !wanted);
      if (node.kind === 'call') return evaluate(node) === wanted ? [] : [node];
      const failing = node.operands.map((operand) => find(operand, wanted));
      // One operand suffices to make `||` true, and to make `&&` false.
      const isOneEnough = (node.kind === 'or') === wanted;
      return isOneEnough && failing.some((calls) => calls.length === 0) ? [] : failing.flat();
    };
    return find(ast, true).map((call) => ({
      text: source.slice(call.offset, call.offset + call.length),
      result: evaluate(call),
    }));
  };
}
