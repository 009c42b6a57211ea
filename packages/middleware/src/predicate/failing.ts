import type { Call, Node } from './ast.ts';
import { compileTree } from './compile.ts';
import type { FunctionTable } from './functions.ts';
import { parsePredicate } from './parse.ts';

/** A call that keeps an expression from being true. */
export interface FailingCall {
  /** The call as written. */
  readonly text: string;
  /** What it came to: true for one below a `!`. */
  readonly result: boolean;
}

/**
 * Finds the calls for which an expression is not true, in source order: of `&&` those that are false, of `||` all of them, of
 * `!` the other way round. Nothing of the context is in the result. Empty for an expression that is true or does not compile.
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
      // One operand is enough for an `||` that should be true, and for an `&&` that should be false.
      const isOneEnough = (node.kind === 'or') === wanted;
      return isOneEnough && failing.some((calls) => calls.length === 0) ? [] : failing.flat();
    };
    return find(ast, true).map((call) => ({
      text: source.slice(call.offset, call.offset + call.length),
      result: evaluate(call),
    }));
  };
}
